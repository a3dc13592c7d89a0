import { PrismaPg } from '@prisma/adapter-pg'
import type { HealthCheck } from './health.ts'
import type { Logger } from './logger.ts'

/** Where a database is, and how long anything may wait for it. */
export interface DatabaseConfig {
  /** A PostgreSQL connection string. */
  url: string
  /** Most connections that the pool opens. */
  poolMax: number
  /** Longest wait for a connection, in milliseconds. */
  connectWithinMs: number
  /** Longest run of one statement, in milliseconds. */
  statementTimeoutMs: number
  /** Longest wait for a lock, in milliseconds. */
  lockTimeoutMs: number
}

/** As much of a generated Prisma client as is needed here. */
export interface DatabaseClient {
  $queryRaw(query: TemplateStringsArray): PromiseLike<unknown>
  $on(event: 'query', listener: (event: { query: string }) => void): unknown
  $disconnect(): PromiseLike<void>
}

/** A server that ends a statement says so within this time, unless the connection to it is dead. */
const SERVER_ANSWERS_WITHIN_MS = 1000

/** What a generated Prisma client is made with. */
export interface DatabaseClientOptions {
  adapter: PrismaPg
  log: [{ emit: 'event'; level: 'query' }]
}

/** How a process uses a database. */
export interface DatabaseOptions {
  /** Names the connections in PostgreSQL's own views: `portico-` and this. */
  service: string
  log: Logger
  /** Told of each SQL statement. */
  onStatement?: ((sql: string) => void) | undefined
  /** What PostgreSQL is set to in each session, by name: values without spaces. */
  settings?: Readonly<Record<string, string>>
}

/** How the connections to a database are used at this moment. */
export interface PoolUse {
  /** Connections that are open. */
  open: number
  /** Those of them that wait for work. */
  idle: number
  /** Callers that wait for a connection. */
  waiting: number
  /** Most connections that may be open. */
  max: number
}

/** An open database; disposing it closes its connections. */
export interface Database<Client> extends AsyncDisposable {
  /** The generated Prisma client. */
  client: Client
  /** Costs nothing: numbers that the pool keeps anyway. */
  poolUse: () => PoolUse
  /** Up when the database answers. */
  check: HealthCheck
}

/**
 * Opens a database for a generated Prisma client, `(options) => new PrismaClient(options)`: a bounded pool in which
 * nothing waits for ever. It connects with the first statement. A connection that breaks while idle is logged and
 * replaced; the process goes on.
 */
export function openDatabase<Client extends DatabaseClient>(
  createClient: (options: DatabaseClientOptions) => Client,
  config: DatabaseConfig,
  { service, log, onStatement, settings = {} }: DatabaseOptions,
): Database<Client> {
  const onError = (err: Error) => log.warn({ err }, 'database connection lost')
  const adapter = new ObservablePrismaPg(
    {
      connectionString: config.url,
      application_name: `portico-${service}`,
      max: config.poolMax,
      connectionTimeoutMillis: config.connectWithinMs,
      idleTimeoutMillis: 30_000,
      statement_timeout: config.statementTimeoutMs,
      // The server keeps the one above; when it can't be heard any more, the connection is given up by this one.
      query_timeout: config.statementTimeoutMs + SERVER_ANSWERS_WITHIN_MS,
      lock_timeout: config.lockTimeoutMs,
      idle_in_transaction_session_timeout: 2 * config.statementTimeoutMs,
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      keepAlive: true,
    },
    { onPoolError: onError, onConnectionError: onError },
  )
  const client = createClient({ adapter, log: [{ emit: 'event', level: 'query' }] })
  if (onStatement) client.$on('query', ({ query }) => onStatement(query))
  return {
    client,
    poolUse: () => {
      const { totalCount: open = 0, idleCount: idle = 0, waitingCount: waiting = 0 } = adapter.pool ?? {}
      return { open, idle, waiting, max: config.poolMax }
    },
    check: { name: 'database', check: async () => void (await client.$queryRaw`SELECT 1`) },
    [Symbol.asyncDispose]: async () => client.$disconnect(),
  }
}

/** Keeps hold of the pool that the adapter makes when it first connects. */
class ObservablePrismaPg extends PrismaPg {
  pool: { totalCount: number; idleCount: number; waitingCount: number } | undefined

  override async connect() {
    const connected = await super.connect()
    this.pool = outliveConnections(connected.underlyingDriver())
    return connected
  }
}

/** As much of a pool of `pg` as is needed here. */
interface ConnectionPool {
  on(event: 'connect', listener: (client: { on(event: 'error', listener: () => void): unknown }) => void): unknown
}

/**
 * Keeps a connection that breaks from ending the process. A pool has no ear for a connection from when it is given out
 * until who waited for it goes on, a moment in which the rest of what the server sent at once is still read: be it that
 * it is shutting down. The next statement tells of it.
 */
export function outliveConnections<Pool extends ConnectionPool>(pool: Pool): Pool {
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
