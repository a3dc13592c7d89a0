import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startEmbeddedPostgres, type StartedPostgres } from '@portico/database/embedded-postgres'
import { readPostmaster } from '@portico/database/postmaster'
import { loadServerHome } from '@portico/database/server-home'
import { freePort } from '@portico/testkit/free-ports'

/** A PostgreSQL of its own cluster and port that can crash and hang, with all its sessions. */
export interface CrashablePostgres extends AsyncDisposable {
  port: number
  superuserUrl(database: string): string
  /** SIGKILL to the server and to each of its sessions. */
  kill: () => Promise<void>
  /** Starts it again on the same data and port. */
  restart: () => Promise<void>
  /** SIGSTOP to all of them: connections stay open and nothing is answered. */
  stop: () => Promise<void>
  /** SIGCONT. */
  continue: () => Promise<void>
}

/**
 * Durable against the end of its processes, which is what it is here for: a commit is in the hands of the operating
 * system before it is acknowledged. Only a loss of power would lose something, for which `fsync` is.
 */
const SETTINGS = { fsync: 'off', synchronous_commit: 'on', max_connections: '150', log_min_messages: 'fatal' }

/** Starts PostgreSQL in a folder, which its account must be able to enter. */
export async function startCrashablePostgres(folder: string): Promise<CrashablePostgres> {
  const port = await freePort()
  const start = () => startEmbeddedPostgres({ folder, port, settings: SETTINGS, log: () => undefined })
  let server: StartedPostgres = await start()
  const { cluster } = await loadServerHome(folder)

  /** The server first, so that it starts no further sessions. */
  async function signal(name: NodeJS.Signals): Promise<void> {
    const postmaster = await readPostmaster(cluster)
    if (!postmaster) return
    send(postmaster.pid, name)
    for (const pid of await childrenOf(postmaster.pid)) send(pid, name)
  }

  async function kill() {
    await signal('SIGKILL')
    await server.exited
  }

  return {
    port,
    superuserUrl: (database) => server.superuserUrl(database),
    kill,
    async restart() {
      server = await start()
    },
    stop: () => signal('SIGSTOP'),
    continue: () => signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await signal('SIGCONT')
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

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime.
  }
}
