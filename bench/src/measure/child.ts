import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { openSync, readFileSync, closeSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Which cores the measured gateway and everything else run on; undefined where processes can not be pinned. */
export interface Cores {
  gateway: number
  others: string
}

/** One core for the gateway, the rest for load and subgraphs. */
export function chooseCores(): Cores | undefined {
  const count = availableParallelism()
  if (count < 2 || spawnSync('taskset', ['--version']).status !== 0) return undefined
  return { gateway: 0, others: count === 2 ? '1' : `1-${count - 1}` }
}

/** A command line of which the process is pinned. */
function pinned(command: readonly string[], cores: string | undefined): string[] {
  return cores === undefined ? [...command] : ['taskset', '-c', cores, ...command]
}

export interface Child extends AsyncDisposable {
  pid: number
  process: ChildProcess
  /** Rejects when the process ends by itself; what it printed last is in the message. */
  ended: Promise<never>
}

export interface ChildOptions {
  env: Readonly<Record<string, string>>
  cores: string | undefined
  /** A file for what it prints. */
  logFile: string
  /** It is a program of ours that sends and takes messages. */
  messages?: boolean
  cwd?: string | undefined
}

const KILL_AFTER_MS = 3000

/** Starts a program with the environment it is given and little else. */
export function startChild(command: readonly string[], { env, cores, logFile, cwd, messages }: ChildOptions): Child {
  const [file = '', ...args] = pinned(command, cores)
  const log = openSync(logFile, 'w')
  const child = spawn(file, args, {
    stdio: ['ignore', log, log, ...(messages === true ? (['ipc'] as const) : [])],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) throw new Error(`${command[0]} can not be started.`)
  let isStopping = false
  // Whoever stops this program has stopped everything.
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  const exit = new Promise<void>((resolve) =>
    child.once('exit', () => {
      process.off('exit', killNow)
      resolve()
    }),
  )
  const ended = exit.then((): never => {
    const reason = isStopping ? 'It was stopped.' : `It ended by itself:\n${readFileSync(logFile, 'utf8').slice(-2000)}`
    throw new Error(reason)
  })
  // Whoever waits for something of it hears of this; nobody else has to.
  ended.catch(() => undefined)
  return {
    pid,
    process: child,
    ended,
    async [Symbol.asyncDispose]() {
      isStopping = true
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
      await exit
      clearTimeout(killer)
    },
  }
}

/** The next message of a program, or its end. */
export function nextMessage<T>({ process: child, ended }: Child): Promise<T> {
  const message = new Promise<T>((resolve) => child.once('message', (value) => resolve(value as T)))
  return Promise.race([message, ended])
}
