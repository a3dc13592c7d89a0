import { randomUUID } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { DatabaseError } from 'pg'
import { connectForMigration, type MigrationConnection } from './migration-connection.ts'
import { loadMigrations, type Migration } from './migration-folder.ts'
import { createHistory, readHistory, recordStatement } from './migration-history.ts'
import { findObstacle, isApplied, MigrationRefusedError, pendingOf } from './migration-obstacles.ts'

export interface MigrationTarget {
  /** Of the role that owns the database. */
  url: string
  /** The folder of migrations, `prisma/<service>/migrations`. */
  folder: string
}

export interface MigrateOptions extends MigrationTarget {
  /** Hears what is applied. */
  log: (message: string) => void
  /** Milliseconds to wait for another process that migrates the same database; 60,000 when left out. */
  lockTimeout?: number
}

/**
 * Applies the migrations that the database does not have, as `prisma migrate deploy` does, in the same history and under
 * the same lock, so that either can follow the other. Processes that start together apply each migration once.
 *
 * A script and its record are sent as one implicit transaction: after a crash the database has both or neither. A
 * statement that PostgreSQL runs only outside of transactions must be alone in its migration, as for Prisma.
 *
 * @returns the names of the applied migrations.
 * @throws {MigrationRefusedError} when the history forbids to go on, or a script fails, which is recorded.
 */
export async function migrate({ url, folder, log, lockTimeout = 60_000 }: MigrateOptions): Promise<string[]> {
  const migrations = await loadMigrations(folder)
  await using connection = await connectForMigration({ url, lockTimeout })
  const service = basename(dirname(folder))
  const history = (await readHistory(connection)) ?? (await beginHistory(connection, service))
  const obstacle = findObstacle(migrations, history, service)
  if (obstacle) throw obstacle
  const pending = pendingOf(migrations, history)
  for (const migration of pending) {
    const started = performance.now()
    await apply(connection, migration, service)
    log(`${service}: applied ${migration.name} in ${Math.round(performance.now() - started)} ms`)
  }
  return pending.map(({ name }) => name)
}

/** How a database stands to the folder of its migrations. */
export interface MigrationStatus {
  applied: string[]
  pending: string[]
  /** What forbids to apply the pending ones. */
  obstacle: MigrationRefusedError | undefined
}

/** Compares a database with the folder of its migrations; changes nothing and waits for nobody. */
export async function readMigrationStatus({ url, folder }: MigrationTarget): Promise<MigrationStatus> {
  const migrations = await loadMigrations(folder)
  await using connection = await connectForMigration({ url })
  const history = (await readHistory(connection)) ?? []
  return {
    applied: history.filter(isApplied).map(({ name }) => name),
    pending: pendingOf(migrations, history).map(({ name }) => name),
    obstacle: findObstacle(migrations, history, basename(dirname(folder))),
  }
}

async function beginHistory(connection: MigrationConnection, service: string): Promise<[]> {
  const { rows } = await connection.client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace`,
  )
  if (rows[0])
    throw new MigrationRefusedError(
      'not-empty',
      `${service}: the database has tables ("${rows[0].name}") but no history of migrations. Use an empty database; ` +
        `or, if it has what a migration makes, record that: npm run db:resolve -- ${service} --applied <name>`,
    )
  await createHistory(connection)
  return []
}

async function apply(connection: MigrationConnection, migration: Migration, service: string): Promise<void> {
  const { client } = connection
  const { name, sql } = migration
  const attempt = { id: randomUUID(), startedAt: `'${new Date().toISOString()}'` }
  const applied = recordStatement(connection, migration, { ...attempt, finishedAt: 'clock_timestamp()', steps: 1 })
  try {
    // Without parameters pg speaks the simple protocol, in which several statements are one transaction.
    await client.query(`${sql}\n;\n${applied}`).catch(async (error: unknown) => {
      if (!(error instanceof DatabaseError) || error.code !== CANNOT_RUN_IN_TRANSACTION) throw error
      await client.query(recordStatement(connection, migration, attempt))
      await client.query(sql)
      await client.query(applied)
    })
    if (client.getTransactionStatus() !== 'I') throw new Error('It begins a transaction that it does not end')
  } catch (cause) {
    const logs = explain(migration, cause)
    try {
      await client.query('ROLLBACK') // of what the script may have begun
      await client.query(recordStatement(connection, migration, { ...attempt, logs }))
    } catch {
      throw new Error(`${service}: the connection was lost while ${name} was applied. Migrate again.`, { cause })
    }
    throw new MigrationRefusedError(
      'script-failed',
      `${service}: migration ${name} failed.\n${logs}\nNothing of it was kept unless it commits by itself. Correct it, ` +
        `then: npm run db:resolve -- ${service} --rolled-back ${name}\nand migrate again.`,
      { cause },
    )
  }
}

/** SQLSTATE active_sql_transaction, as for CREATE INDEX CONCURRENTLY; nothing of the script was done. */
const CANNOT_RUN_IN_TRANSACTION = '25001'

function explain({ name, sql }: Migration, error: unknown): string {
  if (!(error instanceof DatabaseError)) return `Migration name: ${name}\n\n${String(error)}`
  const line = error.position ? `\nLine ${sql.slice(0, Number(error.position)).split('\n').length}` : ''
  const detail = error.detail ? `\nDETAIL: ${error.detail}` : ''
  return (
    `Migration name: ${name}\n\nDatabase error code: ${error.code}\n\n` +
    `Database error:\n${error.severity ?? 'ERROR'}: ${error.message}${detail}${line}`
  )
}
