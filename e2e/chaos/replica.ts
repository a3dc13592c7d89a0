import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One process of a subgraph, started again whenever it ends, as a supervisor in production does. */
export interface Replica extends AsyncDisposable {
  name: string
  /** Its address, such as `http://127.0.0.1:21000`. */
  url: string
  /** SIGKILL; it is started again after the pause, in milliseconds. */
  kill: (pauseMs: number) => Promise<void>
  stop: () => void
  continue: () => void
  /** How often it has ended by itself. */
  ownExits: () => number
  /** Resolves when it says that it is ready. */
  untilReady(signal: AbortSignal): Promise<void>
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

/** Between the end of a process that nobody killed and its next start. */
const RESTART_AFTER_MS = 300

/** Starts a subgraph's own `main.ts` under supervision; resolves at once. */
export function startReplica(options: ReplicaOptions): Replica {
  const { subgraph, name, port, logFile, nodeFlags } = options
  const main = join(import.meta.dirname, '../../subgraphs', subgraph, 'src/main.ts')
  const env = { ...options.env, PORT: String(port) }
  const url = `http://127.0.0.1:${port}`
  const disposing = new AbortController()
  let pauseMs: number | undefined
  let ownExits = 0
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
    return started
  }

  async function supervise() {
    while (!disposing.signal.aborted) {
      if (!hasExited(child)) await once(child, 'exit')
      if (disposing.signal.aborted) return
      if (pauseMs === undefined) ownExits += 1
      await sleep(pauseMs ?? RESTART_AFTER_MS)
      pauseMs = undefined
      if (!disposing.signal.aborted) child = start()
    }
  }

  return {
    name,
    url,
    async kill(restartAfterMs) {
      if (hasExited(child)) return
      pauseMs = restartAfterMs
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
    stop: () => void child.kill('SIGSTOP'),
    continue: () => void child.kill('SIGCONT'),
    ownExits: () => ownExits,
    async untilReady(signal) {
      while (!(await isReady(url))) await sleep(50, undefined, { signal })
    },
    async [Symbol.asyncDispose]() {
      disposing.abort()
      child.kill('SIGKILL')
      await supervision
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
