import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { exists } from './atomic-folder.ts'
import { loadMigrations, MIGRATION_LOCK } from './migration-folder.ts'
import type { SchemaEngine } from './schema-engine.ts'

/**
 * Compares the migrations of a service with its schema.
 *
 * @param folder holds `schema.prisma` and `migrations/`.
 * @returns the SQL that is missing in the migrations; undefined when they make what the schema says.
 */
export async function findDrift(engine: SchemaEngine, folder: string): Promise<string | undefined> {
  const file = join(folder, 'schema.prisma')
  const migrations = join(folder, 'migrations')
  return engine.diff({
    file,
    schema: await readFile(file, 'utf8'),
    migrations: (await exists(migrations)) ? await loadMigrations(migrations) : [],
  })
}

export interface NewMigrationOptions {
  /** Holds `schema.prisma` and `migrations/`. */
  folder: string
  /** What it does, such as `add_phone_number`. */
  name: string
  /** Writes one without statements, for what Prisma does not know: data, checks, triggers. */
  empty?: boolean
}

/**
 * Writes the migration that leads to the schema of the service, to be completed and read by a person.
 *
 * @returns the path of its script; undefined, with nothing written, when the migrations make the schema already.
 * @throws when the name is not one.
 */
export async function writeNewMigration(
  engine: SchemaEngine,
  { folder, name, empty = false }: NewMigrationOptions,
): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9_]{2,99}$/.test(name))
    throw new Error(
      `"${name}" is no name for a migration: say what it does in lower-case letters, digits and underscores, ` +
        'such as add_phone_number',
    )
  const statements = empty ? '' : await findDrift(engine, folder)
  if (statements === undefined) return undefined
  const target = join(folder, 'migrations', `${await nextTimestamp(join(folder, 'migrations'))}_${name}`)
  await mkdir(target, { recursive: true })
  await writeFile(join(folder, 'migrations', 'migration_lock.toml'), MIGRATION_LOCK)
  await writeFile(join(target, 'migration.sql'), header(folder, name, statements) + statements)
  return join(target, 'migration.sql')
}

/** That of now, or of a second after the newest migration: one that sorted before it would be refused. */
async function nextTimestamp(migrations: string): Promise<string> {
  const newest = (await exists(migrations)) ? (await loadMigrations(migrations)).at(-1)?.name : undefined
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(newest ?? '') ?? []
  const afterNewest = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + 1000
  const time = new Date(Number.isNaN(afterNewest) ? Date.now() : Math.max(Date.now(), afterNewest))
  return time.toISOString().replace(/\D/g, '').slice(0, 14)
}

function header(folder: string, name: string, statements: string): string {
  const title = name.replaceAll('_', ' ')
  const lines = [
    `${title.charAt(0).toUpperCase()}${title.slice(1)}.`,
    '',
    `Written by npm run db:new-migration from prisma/${basename(folder)}/schema.prisma. Complete it by hand with what`,
    'Prisma cannot say (checks, triggers, rows), run npm run db:check, and leave it as it is once it has been applied.',
    ...hazardsOf(statements).map((hazard) => `REVIEW: ${hazard}`),
  ]
  return `${lines.map((line) => `-- ${line}`.trimEnd()).join('\n')}\n\n`
}

/** What a person should look at before such a script meets a database with rows. */
function hazardsOf(statements: string): string[] {
  const hazards: [RegExp, string][] = [
    [/DROP TABLE/, 'it drops a table with its rows.'],
    [/DROP COLUMN/, 'it drops a column with its values. If it was renamed: ALTER TABLE … RENAME COLUMN … TO …'],
    [/SET NOT NULL|ADD COLUMN .* NOT NULL(?!.*DEFAULT)/, 'it fails where rows have no value for a required column.'],
    [/SET DATA TYPE/, 'it converts the values of a column.'],
    [/DROP TYPE/, 'it replaces an enum, which fails where rows have a value that it no longer has.'],
  ]
  const found = hazards.filter(([pattern]) => pattern.test(statements)).map(([, hazard]) => hazard)
  const unique = [...statements.matchAll(/CREATE UNIQUE INDEX .* ON (".*?")/g)].map(([, table]) => table)
  if (unique.some((table) => !statements.includes(`CREATE TABLE ${table} (`)))
    found.push('it fails where rows share a value that must be unique.')
  return found
}
