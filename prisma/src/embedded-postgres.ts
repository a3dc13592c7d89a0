import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCluster } from './cluster.ts'
import { takeOwnership } from './ownership.ts'
import { isServerOf, readPostmaster } from './postmaster.ts'
import { AlreadyRunningError, clearTheWay } from './previous-server.ts'
import { homesOf, loadServerHome, type ServerHome, superuserUrl } from './server-home.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export interface EmbeddedPostgresOptions {
  /** Where its data, secrets and log are kept. Made when missing; belongs to the embedded server alone. */
  folder: string
  /** The TCP port on 127.0.0.1; a free one when left out or 0. */
  port?: number
  /** Hears, in whole sentences, what happens. PostgreSQL's own messages go to `postgres.log` in the folder. */
  log: (message: string) => void
  /** Further settings of postgresql.conf, by name, such as `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>
}

/** A PostgreSQL to work with. Disposing stops it if this process started it, and leaves it alone if not. */
export interface EmbeddedPostgres extends AsyncDisposable {
  host: '127.0.0.1'
  port: number
  /** The URL under which the superuser reaches the database. */
  superuserUrl(database: string): string
}

/** A PostgreSQL that this process started. */
export interface StartedPostgres extends EmbeddedPostgres {
  /** Settles when it is gone; never rejects. */
  exited: Promise<PostgresExit>
}

/** How a PostgreSQL ended. */
export interface PostgresExit {
  /** False when nobody disposed of it, so that a supervisor starts it again. */
  expected: boolean
  /** Its last messages. */
  messages: string
}

/** The wanted port is taken. */
export class PortTakenError extends Error {
  constructor(port: number) {
    super(`Port ${port} on 127.0.0.1 is taken by another program. Set POSTGRES_PORT to a free one.`)
    this.name = 'PortTakenError'
  }
}

const DEFAULT_SETTINGS = {
  max_connections: '100',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** Milliseconds in which what a killed server left in memory may keep the next one from starting. */
const LEFTOVERS_PATIENCE_MS = 15_000
/** Milliseconds that a start may take, recovery after a crash included. */
const START_PATIENCE_MS = 120_000
/** Milliseconds that sessions and the last checkpoint may take at a stop. */
const STOP_PATIENCE_MS = 10_000

/**
 * Starts the PostgreSQL that is installed with this package on the cluster of `folder`, which is made at the first
 * start. It listens on 127.0.0.1 only, asks for a password always, and does not outlive this process. A server that a
 * killed process left behind is stopped first. Root runs it under another account, see `server-home.ts`.
 *
 * @throws {AlreadyRunningError} when a living process, this one included, runs the server of this folder.
 * @throws {PortTakenError} when the given port is taken.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<StartedPostgres> {
  const { log } = options
  const home = await loadServerHome(resolve(options.folder))
  if (await createCluster(home)) log(`Made a new database cluster in ${home.folder}.`)
  const deadline = Date.now() + LEFTOVERS_PATIENCE_MS
  for (;;) {
    await clearTheWay(home, log)
    const port = options.port || (await findFreePort())
    const server = await startServerProcess(home, { port, settings: { ...DEFAULT_SETTINGS, ...options.settings } })
    const owned = await own(home, port, server)
    if (owned) return owned
    const messages = await server.lastMessages()
    const portTaken = /could not bind (?!.*Permission denied)/.test(messages)
    if (portTaken && options.port) throw new PortTakenError(options.port)
    const mayPass = portTaken || /lock file ".*" already exists|shared memory block/.test(messages)
    if (!mayPass || Date.now() > deadline) throw new Error(`PostgreSQL did not start in ${home.folder}:\n${messages}`)
    await sleep(200)
  }
}

/** For command-line tools: joins the server that a living process runs on `folder`, else starts one for the while. */
export async function connectEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres(options)
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error
    return handle(await loadServerHome(resolve(options.folder)), error.port, async () => undefined)
  }
}

/**
 * Removes the embedded server of `folder` with all its data, wherever that is kept.
 *
 * @throws {AlreadyRunningError} when a living process runs it.
 */
export async function removeEmbeddedPostgres({ folder, log }: EmbeddedPostgresOptions): Promise<void> {
  const homes = await homesOf(resolve(folder))
  for (const { cluster } of homes) {
    const postmaster = await readPostmaster(cluster)
    if (postmaster && (await isServerOf(cluster, postmaster.pid)))
      await clearTheWay(await loadServerHome(resolve(folder)), log)
  }
  for (const home of homes) await rm(home.folder, { recursive: true, force: true })
}

/** Waits until the server can be used by this process; undefined when it ends before that. */
async function own(home: ServerHome, port: number, server: ServerProcess): Promise<StartedPostgres | undefined> {
  const gone = new AbortController()
  let expected = false
  const exited = server.exited.then(async () => {
    gone.abort()
    return { expected, messages: await server.lastMessages() }
  })
  const stop = async (): Promise<void> => {
    expected = true
    gone.abort()
    await server.stop(STOP_PATIENCE_MS)
  }
  try {
    await takeOwnership(superuserUrl(home, port), { gone: gone.signal, patience: START_PATIENCE_MS })
    return { ...handle(home, port, stop), exited }
  } catch (cause) {
    // Another PostgreSQL may have refused the password before ours has noticed that its port is taken.
    await Promise.race([exited, sleep(1_000)])
    if (gone.signal.aborted) return undefined
    await stop()
    throw new Error(`PostgreSQL in ${home.folder} did not become ready:\n${await server.lastMessages()}`, { cause })
  }
}

function handle(home: ServerHome, port: number, stop: () => Promise<void>): EmbeddedPostgres {
  return {
    host: '127.0.0.1',
    port,
    superuserUrl: (database) => superuserUrl(home, port, database),
    [Symbol.asyncDispose]: stop,
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('No free TCP port on 127.0.0.1')
  return address.port
}
