import { type Migration, matchesChecksum } from './migration-folder.ts'
import type { MigrationRecord } from './migration-history.ts'

/** Why a database is not migrated until somebody has looked at it. */
export type MigrationObstacle = 'failed' | 'edited' | 'missing' | 'out-of-order' | 'not-empty' | 'script-failed'

/** The database was left as it is, or a script failed; the message names the migration and the way out. */
export class MigrationRefusedError extends Error {
  readonly obstacle: MigrationObstacle

  constructor(obstacle: MigrationObstacle, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrationRefusedError'
    this.obstacle = obstacle
  }
}

/** Whether the attempt succeeded and still counts. */
export function isApplied(record: MigrationRecord): boolean {
  return record.finishedAt !== null && record.rolledBackAt === null
}

/** Whether the attempt failed, or was interrupted, and nobody has declared what became of it. */
function isFailed(record: MigrationRecord): boolean {
  return record.finishedAt === null && record.rolledBackAt === null
}

/** The migrations that the database does not have, in the order of application. */
export function pendingOf(migrations: Migration[], history: MigrationRecord[]): Migration[] {
  const applied = new Set(history.filter(isApplied).map((record) => record.name))
  return migrations.filter(({ name }) => !applied.has(name))
}

/**
 * Finds what forbids to apply the pending migrations. Prisma's own `migrate deploy` refuses failed ones (P3009); the
 * rest it lets pass, although the database then is not what the folder says.
 *
 * @param service whose name the commands that lead out are given.
 */
export function findObstacle(
  migrations: Migration[],
  history: MigrationRecord[],
  service: string,
): MigrationRefusedError | undefined {
  const failed = history.find(isFailed)
  if (failed)
    return new MigrationRefusedError(
      'failed',
      `${service}: migration ${failed.name} failed on ${failed.startedAt.toISOString()}, and nothing is migrated until ` +
        `that is settled.\n${failed.logs?.trim() ?? 'It was interrupted.'}\n` +
        `Find out what it left in the database. If nothing: npm run db:resolve -- ${service} --rolled-back ` +
        `${failed.name}\nIf everything, or you did the rest by hand: npm run db:resolve -- ${service} --applied ` +
        `${failed.name}\nThen migrate again.`,
    )

  const applied = history.filter(isApplied)
  const byName = new Map(migrations.map((migration) => [migration.name, migration]))
  const missing = applied.find(({ name }) => !byName.has(name))
  if (missing)
    return new MigrationRefusedError(
      'missing',
      `${service}: the database has migration ${missing.name}, which this version of the code does not know. ` +
        'Run the version that brought it, or bring its folder back from version control.',
    )

  const edited = applied.find(({ name, checksum }) => !matchesChecksum(byName.get(name)?.sql ?? '', checksum))
  if (edited)
    return new MigrationRefusedError(
      'edited',
      `${service}: migration ${edited.name} was edited after it was applied, so the database is not what its script ` +
        'says. Take the edit back and write a new migration: npm run db:new-migration -- ' +
        `${service} <name>`,
    )

  const last =
    applied
      .map(({ name }) => name)
      .toSorted()
      .at(-1) ?? ''
  const late = pendingOf(migrations, history).find(({ name }) => name < last)
  if (late)
    return new MigrationRefusedError(
      'out-of-order',
      `${service}: migration ${late.name} is new but sorts before ${last}, which is applied: other databases would ` +
        'get them in another order. Rename its folder to a later timestamp and migrate again.',
    )
  return undefined
}
