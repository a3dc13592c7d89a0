import { escapeLiteral } from 'pg'
import type { MigrationConnection } from './migration-connection.ts'
import { checksumOf, type Migration } from './migration-folder.ts'

/** What a database remembers of an attempt to migrate it: a row of Prisma's table `_prisma_migrations`. */
export interface MigrationRecord {
  id: string
  name: string
  checksum: string
  startedAt: Date
  /** Set when it succeeded. */
  finishedAt: Date | null
  /** Set when somebody declared a failed attempt void. */
  rolledBackAt: Date | null
  /** Why it failed. */
  logs: string | null
}

/** Reads every attempt in its order; undefined when the database has no history yet. */
export async function readHistory({ client, table }: MigrationConnection): Promise<MigrationRecord[] | undefined> {
  const { rows } = await client.query<{ missing: boolean }>('SELECT to_regclass($1) IS NULL AS missing', [table])
  if (rows[0]?.missing) return undefined
  const history = await client.query<MigrationRecord>(
    `SELECT id, migration_name AS name, checksum, started_at AS "startedAt", finished_at AS "finishedAt",
            rolled_back_at AS "rolledBackAt", logs
     FROM ${table} ORDER BY started_at`,
  )
  return history.rows
}

/** Begins the history of a database, column for column as Prisma does. */
export async function createHistory({ client, table }: MigrationConnection): Promise<void> {
  await client.query(`
    CREATE TABLE ${table} (
      id                  VARCHAR(36) PRIMARY KEY NOT NULL,
      checksum            VARCHAR(64) NOT NULL,
      finished_at         TIMESTAMPTZ,
      migration_name      VARCHAR(255) NOT NULL,
      logs                TEXT,
      rolled_back_at      TIMESTAMPTZ,
      started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
      applied_steps_count INTEGER NOT NULL DEFAULT 0
    )`)
}

/** What is said about an attempt beside the migration: values as they are written in SQL. */
export interface Attempt {
  /** A UUID; the attempt that has it already is updated. */
  id: string
  startedAt: string
  finishedAt?: string
  steps?: number
  /** Plain text. */
  logs?: string
}

/** The statement that records an attempt. */
export function recordStatement({ table }: MigrationConnection, { name, sql }: Migration, attempt: Attempt): string {
  const { id, startedAt, finishedAt = 'NULL', steps = 0, logs } = attempt
  const log = logs === undefined ? 'NULL' : escapeLiteral(logs)
  return `
    INSERT INTO ${table}
      (id, checksum, migration_name, started_at, finished_at, applied_steps_count, logs)
    VALUES ('${id}', '${checksumOf(sql)}', ${escapeLiteral(name)}, ${startedAt}, ${finishedAt}, ${steps}, ${log})
    ON CONFLICT (id) DO UPDATE
      SET finished_at = excluded.finished_at, applied_steps_count = excluded.applied_steps_count, logs = excluded.logs`
}
