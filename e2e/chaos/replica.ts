import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freeze } from './freeze.ts'
import { pause } from './pause.ts'

/** One process of a subgraph, started again whenever it ends, as a supervisor in production does. */
export interface Replica extends AsyncDisposable {
  name: string
  /** SIGKILL; resolves when it is started again, which it is after the pause, in milliseconds. */
  kill: (pauseMs: number) => Promise<void>
  /** The same by SIGTERM, on which it ends what it is doing. */
  shutDown: (pauseMs: number) => Promise<void>
  stop: () => void
  continue: () => void
  /** How often it has ended by itself: before it was ready, and after. */
  ownExits: () => Readonly<Record<'starting' | 'ready', number>>
  /** Waits for it to say that it is ready; false when it has not before the signal. */
  untilReady(signal: AbortSignal): Promise<boolean>
}

export interface ReplicaOptions {
  subgraph: 'orders' | 'products'
  /** Among replicas of the same subgraph, such as `orders-1`. */
  name: string
  port: number
  env: NodeJS.ProcessEnv
  nodeFlags: readonly string[]
  logFile: string
}

/** Between the end of a process that nobody ended and its next start. */
const RESTART_AFTER_MS = 300
const LOOK_EVERY_MS = 100

/** Starts a subgraph's own `main.ts` under supervision; resolves at once. */
export function startReplica(options: ReplicaOptions): Replica {
  const { subgraph, name, port, logFile, nodeFlags } = options
  const main = join(import.meta.dirname, '../../subgraphs', subgraph, 'src/main.ts')
  const env = { ...options.env, PORT: String(port) }
  const url = `http://127.0.0.1:${port}`
  const disposing = new AbortController()
  const ownExits = { starting: 0, ready: 0 }
  let phase: keyof typeof ownExits = 'starting'
  let pauseMs: number | undefined
  let thaw = () => {}
  let restarted = Promise.withResolvers<void>()
  let child = start()
  const supervision = supervise()

  function start(): ChildProcess {
    const log = openSync(logFile, 'a')
    // Over the channel it notices that its parent is gone.
    const started = spawn(process.execPath, ['--conditions=portico:source', ...nodeFlags, main], {
      env,
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    phase = 'starting'
    void watch(started)
    return started
  }

  async function watch(started: ChildProcess) {
    while (!hasExited(started) && !disposing.signal.aborted) {
      if (await isReady(url)) {
        if (started === child) phase = 'ready'
        return
      }
      await pause(LOOK_EVERY_MS, disposing.signal)
    }
  }

  async function supervise() {
    while (!disposing.signal.aborted) {
      if (!hasExited(child)) await once(child, 'exit')
      if (disposing.signal.aborted) return
      if (pauseMs === undefined) ownExits[phase] += 1
      await sleep(pauseMs ?? RESTART_AFTER_MS)
      pauseMs = undefined
      if (disposing.signal.aborted) return
      child = start()
      restarted.resolve()
      restarted = Promise.withResolvers()
    }
  }

  async function end(signal: NodeJS.Signals, restartAfterMs: number) {
    // There is nothing to end between two starts.
    if (hasExited(child)) await restarted.promise
    pauseMs = restartAfterMs
    const again = restarted.promise
    child.kill(signal)
    await again
  }

  return {
    name,
    kill: (restartAfterMs) => end('SIGKILL', restartAfterMs),
    shutDown: (restartAfterMs) => end('SIGTERM', restartAfterMs),
    stop() {
      thaw = freeze(child.pid === undefined ? [] : [child.pid])
    },
    continue: () => thaw(),
    ownExits: () => ({ ...ownExits }),
    async untilReady(signal) {
      while (!signal.aborted && !(await isReady(url))) await pause(50, signal)
      return !signal.aborted
    },
    async [Symbol.asyncDispose]() {
      disposing.abort()
      thaw()
      child.kill('SIGKILL')
      await supervision
      restarted.resolve()
    },
  }
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
