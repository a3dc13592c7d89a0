import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-ports.ts'
import { findInstalledService } from './installed-service.ts'

/** A Redis for a test. It keeps nothing. */
export interface TestRedis extends AsyncDisposable {
  /** Such as `redis://127.0.0.1:50123/0`. */
  url: string
  /** Ends it as a crash does: connections are reset, and what it held is lost. */
  kill(): Promise<void>
  /** Starts it again on the same port after {@link kill}. */
  restart(): Promise<void>
  /** Stops its process, so that connections stay open and nothing is answered. */
  stop(): void
  /** Lets it go on after {@link stop}. */
  continue(): void
}

const REDIS = { name: 'Redis', programs: ['redis-server'], install: 'apt-get install redis-server' }

/**
 * The program for {@link startRedis}: what `REDIS_SERVER_PATH` names, or the installed one. Undefined when there is none,
 * as `findInstalledService` tells.
 */
export function findRedis(suite: string): string | undefined {
  return process.env['REDIS_SERVER_PATH'] ?? findInstalledService(REDIS, suite)
}

/** Starts a Redis of its own on a free port of the loopback interface, with a temporary folder. */
export async function startRedis(program: string): Promise<TestRedis> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-redis-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()

  async function start(): Promise<ChildProcess> {
    const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no']
    const child = spawn(program, settings, { stdio: 'ignore' })
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
    await eventually(() => answers(port))
    return child
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  let child = await start()
  stack.defer(() => end(child))
  const running = stack.move()
  return {
    url: `redis://127.0.0.1:${port}/0`,
    kill: () => end(child),
    async restart() {
      child = await start()
    },
    stop: () => void child.kill('SIGSTOP'),
    continue: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Whether it answers PING, which it does only when it is ready. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}
