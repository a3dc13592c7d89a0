import { execFile, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { POSTGRES_ENVIRONMENT } from './cluster.ts'
import { readPostmaster } from './postmaster.ts'
import { identity } from './server-account.ts'
import type { ServerHome } from './server-home.ts'

/**
 * Runs PostgreSQL and waits for it; when stdin closes, because its owner said so or died of whatever cause, PostgreSQL
 * is told to shut down fast. Told again every second, since before its first instructions PostgreSQL ignores SIGINT as
 * every background job of a shell does. At the end the watcher goes too, with whatever it is doing.
 */
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(read -r line <&3; while kill -INT $server; do sleep 1; done) 2>/dev/null &
exec 3<&-
wait $server
status=$?
trap '' TERM
kill -TERM 0
exit $status
`

const IS_WINDOWS = process.platform === 'win32'

/** Bytes above which `postgres.log` starts anew. */
const LARGEST_LOG = 10_000_000

/** A started PostgreSQL, which may not accept connections yet. */
export interface ServerProcess {
  /** Resolves when it is gone. */
  exited: Promise<void>
  /** Asks it to end its sessions and stop, and insists without a checkpoint after `patience` milliseconds. */
  stop(patience: number): Promise<void>
  /** The last of what it wrote to `postgres.log` in its home since it was started. */
  lastMessages(): Promise<string>
}

export interface ServerProcessOptions {
  port: number
  settings: Record<string, string>
}

/**
 * Starts PostgreSQL in a session of its own, where the terminal's Ctrl-C does not reach it, in a way that it does not
 * outlive this process. (Windows has no such guard: there the next start finds and stops it.)
 */
export async function startServerProcess(home: ServerHome, options: ServerProcessOptions): Promise<ServerProcess> {
  const settings = { ...options.settings, listen_addresses: '127.0.0.1', unix_socket_directories: '' }
  const command = [home.binaries.postgres, '-D', home.cluster, '-p', String(options.port)]
  command.push(...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]))
  const [program = '', ...args] = IS_WINDOWS ? command : ['/bin/sh', '-c', GUARD, 'portico-postgres', ...command]

  const logFile = join(home.folder, 'postgres.log')
  const tooLarge = (statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG
  const log = openSync(logFile, tooLarge ? 'w' : 'a', 0o600)
  const logStart = fstatSync(log).size
  const child = spawn(program, args, {
    ...identity(home.account),
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    detached: !IS_WINDOWS,
    windowsHide: true,
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  return {
    exited,
    lastMessages: async () => {
      const text = await readFile(logFile).catch(() => Buffer.alloc(0))
      return text.subarray(logStart).subarray(-4_000).toString().trim()
    },
    stop: async (patience) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      if (IS_WINDOWS) await stopPostmaster(home, 'fast')
      else child.stdin?.destroy()
      const insist = setTimeout(() => void stopPostmaster(home, 'immediate'), patience)
      await exited
      clearTimeout(insist)
    },
  }
}

/**
 * Tells the server of the home's cluster to stop: `fast` ends its sessions and writes a checkpoint, `immediate` leaves
 * recovery to the next start. The caller knows that the process in its `postmaster.pid` is that server.
 */
export async function stopPostmaster(home: ServerHome, how: 'fast' | 'immediate'): Promise<void> {
  if (IS_WINDOWS) {
    const args = ['stop', '-D', home.cluster, '-m', how, '-W']
    await promisify(execFile)(home.binaries.pgCtl, args, { windowsHide: true }).catch(() => undefined)
    return
  }
  const postmaster = await readPostmaster(home.cluster)
  if (!postmaster) return
  try {
    process.kill(postmaster.pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT')
  } catch {
    // gone in the meantime
  }
}
