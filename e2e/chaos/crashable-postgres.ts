import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmbeddedPostgres, type StartedPostgres } from '@portico/database/embedded-postgres'
import { readPostmaster } from '@portico/database/postmaster'
import { loadServerHome } from '@portico/database/server-home'
import { freeze, send } from './freeze.ts'

/** A PostgreSQL of its own cluster and port that can crash and hang, with all its sessions. */
export interface CrashablePostgres extends AsyncDisposable {
  port: number
  /** What it tells. */
  logFile: string
  superuserUrl(database: string): string
  /** SIGKILL to the server and to each of its sessions. */
  kill: () => Promise<void>
  /** Ends it as an operator does: sessions are told, and all is written down. */
  shutDown: () => Promise<void>
  /** Starts it again on the same data and port. */
  restart: () => Promise<void>
  /** SIGSTOP to all of them: connections stay open and nothing is answered. */
  stop: () => Promise<void>
  /** SIGCONT. */
  continue: () => void
}

/**
 * Durable against the end of its processes, which is what it is here for: a commit is in the hands of the operating
 * system before it is acknowledged. Only a loss of power would lose something, for which `fsync` is.
 */
const SETTINGS = { fsync: 'off', synchronous_commit: 'on', max_connections: '150', log_min_messages: 'error' }

/** Starts PostgreSQL in a folder, which its account must be able to enter. */
export async function startCrashablePostgres(folder: string, port: number): Promise<CrashablePostgres> {
  const start = () => startEmbeddedPostgres({ folder, port, settings: SETTINGS, log: () => undefined })
  let server: StartedPostgres = await start()
  const home = await loadServerHome(folder)

  /** The server first, so that it starts no further sessions. */
  async function withSessions(act: (pids: readonly number[]) => void): Promise<void> {
    const postmaster = await readPostmaster(home.cluster)
    if (!postmaster) return
    act([postmaster.pid])
    act(await childrenOf(postmaster.pid))
  }

  let thaws: (() => void)[] = []
  function thaw() {
    for (const goOn of thaws) goOn()
    thaws = []
  }

  return {
    port,
    logFile: join(home.folder, 'postgres.log'),
    superuserUrl: (database) => server.superuserUrl(database),
    async kill() {
      await withSessions((pids) => pids.forEach((pid) => send(pid, 'SIGKILL')))
      await server.exited
    },
    async shutDown() {
      await server[Symbol.asyncDispose]()
    },
    async restart() {
      server = await start()
    },
    stop: () => withSessions((pids) => void thaws.push(freeze(pids))),
    continue: thaw,
    async [Symbol.asyncDispose]() {
      thaw()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []))
}
