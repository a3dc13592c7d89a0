import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { connectPrismaEngine, migrationListOf, NO_FILTERS, type SchemaSource } from './prisma-engine.ts'

/** What compares schemas with migrations, on an in-memory database of its own. */
export interface SchemaEngine extends AsyncDisposable {
  /**
   * The SQL that leads from what the migrations make to what the schema says, or undefined when that is the same. What
   * Prisma does not know (checks, triggers, functions, rows) is never part of it.
   *
   * @throws when the schema is not valid, or a migration fails.
   */
  diff(source: SchemaSource): Promise<string | undefined>
}

/** Opens the engine; takes about two seconds, most of it for the database. */
export async function openSchemaEngine(): Promise<SchemaEngine> {
  const database = await PGlite.create({ extensions: { pg_trgm } })
  return {
    diff: async (source) => {
      await tryMigrations(database, source)
      using engine = await connectPrismaEngine(database, source)
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'migrations', ...migrationListOf(source.migrations) },
        to: { tag: 'schemaDatamodel', files: [{ path: source.file, content: source.schema }] },
        script: true,
        exitCode: true,
        filters: NO_FILTERS,
      })
      return exitCode === 0 ? undefined : (stdout ?? '')
    },
    [Symbol.asyncDispose]: () => database.close(),
  }
}

/** The engine runs them as well, but does not say which one failed. Leaves the database empty. */
async function tryMigrations(database: PGlite, { file, migrations }: SchemaSource): Promise<void> {
  const empty = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'
  await database.exec(empty)
  for (const { name, sql } of migrations)
    await database.exec(sql).catch((cause: unknown) => {
      throw new Error(`Migration ${name} beside ${file} fails on an empty database: ${String(cause)}`, { cause })
    })
  await database.exec(empty)
}
