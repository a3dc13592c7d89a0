import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT_CONFIG } from '@portico/service-kit/lifecycle'
import { ROOT } from './config.ts'
import type { ConsoleLog } from './console-log.ts'
import type { Service } from './services.ts'

/** A service that takes longer than this to stop is killed. */
const STOP_WITHIN_MS = 10_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
/** One that lives for longer than this has started well. */
const STARTED_AFTER_MS = 60_000
/** So many exits in a row, none of which started well, end the first start of the graph. */
const MOST_EXITS = 5

export interface Supervised extends AsyncDisposable {
  /** Rejects with ServiceFailedError when the service can't run. */
  failed: Promise<never>
  /** The graph has served: from now on the service is started again however often it exits. */
  keep: () => void
}

/** A service can't run; what it wrote itself says why. */
export class ServiceFailedError extends Error {
  override readonly name = 'ServiceFailedError'
  /** Whether it refused its configuration. */
  readonly misconfigured: boolean

  constructor(message: string, options: { misconfigured: boolean }) {
    super(message)
    this.misconfigured = options.misconfigured
  }
}

/**
 * Keeps a service running: one that exits is started again, at first at once, then with growing pauses. One that
 * refuses its configuration is not, nor one that never starts well before the graph has served once. Services run in
 * process groups of their own, so that Ctrl-C reaches the supervisor alone and it stops them in order; one whose
 * supervisor was killed notices by its IPC channel, and stops by itself.
 */
export function supervise(
  service: Service,
  { log, attach }: ConsoleLog,
  { firstPauseMs = FIRST_PAUSE_MS }: { firstPauseMs?: number } = {},
): Supervised {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  // Whoever starts the service watches this; when nobody does any more, it must not end the process.
  failed.catch(() => undefined)
  const stop = new AbortController()
  let child: ChildProcess | undefined
  let kept = false

  async function keepRunning() {
    let pause = firstPauseMs
    let exits = 0
    while (!stop.signal.aborted) {
      const started = performance.now()
      child = spawn(process.execPath, [...process.execArgv, ...(service.nodeFlags ?? []), service.entry], {
        cwd: ROOT,
        env: { ...process.env, ...service.env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: process.platform !== 'win32',
      })
      log.info({ pid: child.pid }, `${service.name} started`)
      if (child.stdout) attach(service.name, child.stdout)
      if (child.stderr) attach(service.name, child.stderr)
      const { code, signal } = await exitOf(child)
      if (stop.signal.aborted) return
      if (code === EXIT_CONFIG) {
        const message = `${service.name} refused its configuration: its lines above say why`
        if (kept) log.error(`${message}. It is not started again`)
        return fail(new ServiceFailedError(message, { misconfigured: true }))
      }
      if (performance.now() - started > STARTED_AFTER_MS) {
        pause = firstPauseMs
        exits = 0
      }
      exits += 1
      if (!kept && exits === MOST_EXITS) {
        const message = `${service.name} exited ${exits} times and can not start: its lines above say why`
        return fail(new ServiceFailedError(message, { misconfigured: false }))
      }
      log.warn({ service: service.name, code, signal, pauseMs: pause }, `${service.name} exited; starting it again`)
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }
  const running = keepRunning()

  return {
    failed,
    keep: () => (kept = true),
    async [Symbol.asyncDispose]() {
      stop.abort()
      if (child?.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS)
        await running
        clearTimeout(timer)
      }
      await running
    },
  }
}

/** Settles when the process is gone, or could not even be started. */
function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}
