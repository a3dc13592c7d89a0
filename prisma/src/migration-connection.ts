import { DatabaseError, escapeIdentifier, type Client } from 'pg'
import { connectPg, type PgConnection } from './pg-connection.ts'

/** A connection on which a database is migrated, or its history read. */
export interface MigrationConnection extends PgConnection {
  /** The schema-qualified table of the history, as it is written in SQL: a migration may change the search path. */
  table: string
}

export interface MigrationConnectionOptions {
  url: string
  /** Milliseconds to wait for other runners, which are kept out from then on; left out, nobody is waited for. */
  lockTimeout?: number
}

/** The advisory lock that Prisma's own engine takes. */
const MIGRATE_LOCK = 72707369

/**
 * Connects to a database to migrate it; disposing ends the connection, and with it the lock.
 *
 * @throws when it does not answer, is older than PostgreSQL 14, or is being migrated by somebody else for too long.
 */
export async function connectForMigration(options: MigrationConnectionOptions): Promise<MigrationConnection> {
  const connection = await connect(options.url)
  const { client } = connection
  try {
    // Limits that a role has for requests are not meant for migrations.
    await client.query('SET statement_timeout = 0')
    const schema = await checkServer(client)
    if (options.lockTimeout !== undefined) await lock(client, options.lockTimeout)
    return { ...connection, table: `${escapeIdentifier(schema)}._prisma_migrations` }
  } catch (error) {
    await client.end()
    throw error
  }
}

async function connect(url: string): Promise<PgConnection> {
  try {
    return await connectPg(url, { name: 'portico migrate' })
  } catch (cause) {
    const { host, pathname } = new URL(url)
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
    throw new Error(`The database "${pathname.slice(1)}" on ${host} cannot be opened: ${reason}`, { cause })
  }
}

async function checkServer(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: string; number: number; schema: string | null }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_schema() AS schema`,
  )
  const { version = '', number = 0, schema = null } = rows[0] ?? {}
  if (number < 140_000) throw new Error(`PostgreSQL ${version} is too old: Portico needs PostgreSQL 14 or newer`)
  if (schema === null) throw new Error('The search_path of the database role leads to no schema that exists')
  return schema
}

async function lock(client: Client, timeout: number): Promise<void> {
  await client.query(`SET lock_timeout = ${Math.ceil(timeout)}`)
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK])
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== '55P03') throw cause
    const { rows } = await client.query<{ pid: number; name: string }>(
      `SELECT pid, application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [MIGRATE_LOCK],
    )
    const holder = rows[0] ? ` (PostgreSQL process ${rows[0].pid}, "${rows[0].name}")` : ''
    throw new Error(
      `Another process${holder} has been migrating this database for more than ${timeout / 1_000} s. ` +
        'Wait until it has finished, or end it, and migrate again.',
      { cause },
    )
  }
  await client.query('RESET lock_timeout')
}
