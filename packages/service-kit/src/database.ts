import { PrismaPg } from '@prisma/adapter-pg'
import type { Logger } from './logger.ts'

export interface DatabaseConfig {
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

export interface DatabaseAdapterOptions {
  /** Names the connections in PostgreSQL's own views. */
  service: string
  log: Logger
  /** What PostgreSQL is set to in each session, by name: values without spaces. */
  settings?: Readonly<Record<string, string>>
}

/**
 * The driver adapter for a generated Prisma client: a bounded pool in which nothing waits for ever. A connection that
 * breaks while idle is logged and replaced; the process goes on.
 */
export function createDatabaseAdapter(config: DatabaseConfig, { service, log, settings = {} }: DatabaseAdapterOptions) {
  const onError = (err: Error) => log.warn({ err }, 'database connection lost')
  return new PrismaPg(
    {
      connectionString: config.url,
      application_name: `portico-${service}`,
      max: config.poolMax,
      connectionTimeoutMillis: config.connectWithinMs,
      idleTimeoutMillis: 30_000,
      statement_timeout: config.statementTimeoutMs,
      lock_timeout: config.lockTimeoutMs,
      idle_in_transaction_session_timeout: 2 * config.statementTimeoutMs,
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      keepAlive: true,
    },
    { onPoolError: onError, onConnectionError: onError },
  )
}
