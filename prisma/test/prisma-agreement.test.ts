import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { ensureDatabases, folderOf } from '../src/databases.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { migrate } from '../src/migrate.ts'
import { loadMigrations } from '../src/migration-folder.ts'
import { connectPrismaEngine, migrationListOf, NO_FILTERS } from '../src/prisma-engine.ts'
import { markRolledBack } from '../src/resolve-migration.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

const broken = '20990101000000_broken'

const readColumns = `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
  FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`

const readRows = `SELECT id, checksum, migration_name, finished_at::text, started_at::text, rolled_back_at::text, logs,
  applied_steps_count FROM _prisma_migrations ORDER BY started_at`

describe('Prisma’s own engine', () => {
  const stack = new AsyncDisposableStack()
  let root: string
  let folder: string
  let url: string
  /** The database that Prisma's engine works on. */
  let theirs: PGlite

  beforeAll(async () => {
    root = stack.use(await createTemporaryFolder()).path
    folder = join(root, 'users', 'migrations')
    await mkdir(folder, { recursive: true })
    for (const { name, sql } of await loadMigrations(join(folderOf('users'), 'migrations'))) await write(name, sql)
    const options = { folder: join(root, 'postgres'), log: silent, settings: fastSettings }
    const server = stack.use(await startEmbeddedPostgres(options))
    url = (await ensureDatabases(server.superuserUrl('postgres'), { users: 'secret' })).users
    theirs = await PGlite.create({ extensions: { pg_trgm } })
    stack.defer(() => theirs.close())
  })
  afterAll(() => stack.disposeAsync())

  // Whenever the engine takes its lock it leaves the timer of ten seconds behind, during which Jest would not end.
  const timers = jest.spyOn(globalThis, 'setTimeout')
  afterAll(() => timers.mock.results.forEach(({ value }) => clearTimeout(value as NodeJS.Timeout)))

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'migration.sql'), sql)
  }

  /** Asks the engine about, or to work on, its database. */
  async function ask<Answer>(question: (engine: SchemaEngine, migrationsList: MigrationList) => Promise<Answer>) {
    const file = join(folderOf('users'), 'schema.prisma')
    const migrations = await loadMigrations(folder)
    using engine = await connectPrismaEngine(theirs, { file, schema: await readFile(file, 'utf8'), migrations })
    return await question(engine, migrationListOf(migrations))
  }

  /** What `prisma migrate deploy` does. */
  const deploy = () => ask((engine, migrationsList) => engine.applyMigrations({ migrationsList, filters: NO_FILTERS }))

  /** What `prisma migrate status` says of our database, whose history is copied to where the engine can read it. */
  async function diagnose() {
    await theirs.exec('TRUNCATE _prisma_migrations')
    for (const row of await query<Record<string, unknown>>(url, readRows)) {
      const names = Object.keys(row)
      const places = names.map((_, index) => `$${index + 1}`)
      await theirs.query(
        `INSERT INTO _prisma_migrations (${names.join()}) VALUES (${places.join()})`,
        Object.values(row),
      )
    }
    return ask((engine, migrationsList) =>
      engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters: NO_FILTERS }),
    )
  }

  it('keeps the same table with the same rows', async () => {
    const { appliedMigrationNames } = await deploy()
    expect(await migrate({ url, folder, log: silent })).toEqual(appliedMigrationNames)

    expect(await query(url, readColumns)).toEqual((await theirs.query(readColumns)).rows)
    const comparable = `SELECT checksum, migration_name, finished_at >= started_at AS finished, logs, rolled_back_at,
      applied_steps_count, length(id) AS id FROM _prisma_migrations ORDER BY started_at`
    expect(await query(url, comparable)).toEqual((await theirs.query(comparable)).rows)
  })

  it('finds nothing to apply and nothing wrong in a history of ours', async () => {
    expect(await diagnose()).toEqual({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    })
    expect(await deploy()).toEqual({ appliedMigrationNames: [] })
  })

  it('sees a failure that we recorded, and that it was resolved', async () => {
    await write(broken, 'SELECT 1 / 0')
    await expect(migrate({ url, folder, log: silent })).rejects.toThrow('division by zero')
    expect(await diagnose()).toMatchObject({ failedMigrationNames: [broken] })
    await expect(deploy()).rejects.toThrow(`\`${broken}\` migration started`)

    await markRolledBack({ url, name: broken })
    expect(await diagnose()).toMatchObject({
      failedMigrationNames: [],
      history: { diagnostic: 'databaseIsBehind', unappliedMigrationNames: [broken] },
    })
  })
})
