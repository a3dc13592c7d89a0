import { randomUUID } from 'node:crypto'
import { connectForMigration, type MigrationConnection } from './migration-connection.ts'
import { loadMigrations } from './migration-folder.ts'
import { createHistory, readHistory, recordStatement } from './migration-history.ts'

export interface ResolveOptions {
  url: string
  /** The name of the migration. */
  name: string
}

const LOCK_TIMEOUT_MS = 60_000

/**
 * Declares that a failed migration left nothing in the database, so that it is applied again: what
 * `prisma migrate resolve --rolled-back` does.
 *
 * @throws when there is no failed attempt at it.
 */
export async function markRolledBack({ url, name }: ResolveOptions): Promise<void> {
  await using connection = await connectForMigration({ url, lockTimeout: LOCK_TIMEOUT_MS })
  const attempts = ((await readHistory(connection)) ?? []).filter((record) => record.name === name)
  if (attempts.length === 0) throw new Error(`Migration ${name} was never tried on this database`)
  if (attempts.every(({ finishedAt }) => finishedAt !== null))
    throw new Error(`Migration ${name} is applied, not failed: a new migration must undo what it did`)
  await voidFailed(connection, name)
}

/**
 * Declares that the database has everything a migration makes, without running it: what
 * `prisma migrate resolve --applied` does. Also the way to adopt a database that was made otherwise.
 *
 * @throws when it is applied already, or is not in the folder.
 */
export async function markApplied({ url, name, folder }: ResolveOptions & { folder: string }): Promise<void> {
  const migration = (await loadMigrations(folder)).find((candidate) => candidate.name === name)
  if (!migration) throw new Error(`There is no migration ${name} in ${folder}`)
  await using connection = await connectForMigration({ url, lockTimeout: LOCK_TIMEOUT_MS })
  const history = await readHistory(connection)
  if (history?.some((record) => record.name === name && record.finishedAt !== null))
    throw new Error(`Migration ${name} is applied already`)
  if (!history) await createHistory(connection)
  await voidFailed(connection, name)
  const attempt = { id: randomUUID(), startedAt: 'now()', finishedAt: 'now()', logs: '' }
  await connection.client.query(recordStatement(connection, migration, attempt))
}

async function voidFailed({ client, table }: MigrationConnection, name: string): Promise<void> {
  await client.query(
    `UPDATE ${table} SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  )
}
