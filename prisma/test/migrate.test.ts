import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { Client } from 'pg'
import { ensureDatabases } from '../src/databases.ts'
import { type StartedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { migrate, readMigrationStatus } from '../src/migrate.ts'
import { MigrationRefusedError } from '../src/migration-obstacles.ts'
import { markApplied, markRolledBack } from '../src/resolve-migration.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

const first = '20260101000000_first'
const second = '20260102000000_second'

describe('the migration runner', () => {
  const stack = new AsyncDisposableStack()
  let server: StartedPostgres
  let root: string
  let count = 0
  /** Of a new and empty database for each test. */
  let url: string
  let folder: string

  beforeAll(async () => {
    root = stack.use(await createTemporaryFolder()).path
    const settings = { ...fastSettings, max_connections: '40' }
    server = stack.use(await startEmbeddedPostgres({ folder: join(root, 'postgres'), log: silent, settings }))
  })
  afterAll(() => stack.disposeAsync())

  beforeEach(async () => {
    const name = `shop${++count}`
    url = (await ensureDatabases(server.superuserUrl('postgres'), { [name]: 'secret' }))[name] ?? ''
    folder = join(root, name, 'shop', 'migrations')
    await write(first, 'CREATE TABLE item (id int PRIMARY KEY);\nINSERT INTO item VALUES (1);\n')
  })

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'migration.sql'), sql)
  }
  const run = () => migrate({ url, folder, log: silent })
  const refusal = async () => run().catch((error: unknown) => error)
  const history = () =>
    query(
      url,
      `SELECT migration_name AS name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS "rolledBack",
              applied_steps_count AS steps FROM _prisma_migrations ORDER BY started_at`,
    )

  it('applies what is pending in the order of names, once', async () => {
    await write(second, 'ALTER TABLE item ADD COLUMN name text; -- a comment at the end')
    expect(await readMigrationStatus({ url, folder })).toMatchObject({ applied: [], pending: [first, second] })
    const messages: string[] = []
    expect(await migrate({ url, folder, log: (message) => messages.push(message) })).toEqual([first, second])
    expect(messages).toEqual([
      expect.stringMatching(`^shop: applied ${first} in \\d+ ms$`),
      expect.stringMatching(`^shop: applied ${second} in \\d+ ms$`),
    ])
    expect(await run()).toEqual([])
    expect(await query(url, 'SELECT id, name FROM item')).toEqual([{ id: 1, name: null }])
    expect(await readMigrationStatus({ url, folder })).toEqual({
      applied: [first, second],
      pending: [],
      obstacle: undefined,
    })
  })

  it('applies each migration once when eight processes run it together', async () => {
    const applied = await Promise.all(Array.from({ length: 8 }, run))
    expect(applied.flat()).toEqual([first])
    expect(await query(url, 'SELECT id FROM item')).toEqual([{ id: 1 }])
    expect(await history()).toEqual([{ name: first, finished: true, rolledBack: false, steps: 1 }])
  })

  it('gives up after a while when somebody else is migrating, and says who', async () => {
    const lock = async (connectionString: string, name: string) => {
      const client = new Client({ connectionString, application_name: name })
      await client.connect()
      await client.query('SELECT pg_advisory_lock(72707369)')
      return client
    }
    // The databases of one server are migrated at the same time.
    const others = await ensureDatabases(server.superuserUrl('postgres'), { other1: 'a', other2: 'b', other3: 'c' })
    const clients = [await lock(others.other1, 'elsewhere'), await lock(others.other2, 'elsewhere')]
    clients.push(await lock(url, 'prisma migrate'), await lock(others.other3, 'elsewhere'))
    try {
      await expect(migrate({ url, folder, log: silent, lockTimeout: 100 })).rejects.toThrow(
        /Another process \(PostgreSQL process \d+, "prisma migrate"\) has been migrating .* more than 0.1 s/,
      )
    } finally {
      await Promise.all(clients.map((client) => client.end()))
    }
    expect(await run()).toEqual([first])
  })

  it('keeps nothing of a script that fails, records why, and applies the corrected one after it is resolved', async () => {
    await write(second, 'CREATE TABLE half (id int);\nINSERT INTO item VALUES (1);\n')
    await expect(run()).rejects.toThrow(
      expect.objectContaining({
        obstacle: 'script-failed',
        message: expect.stringMatching(
          new RegExp(`23505[^]*Key \\(id\\)[^]*db:resolve -- shop --rolled-back ${second}`),
        ),
      }),
    )
    expect(await query(url, `SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])
    expect(await history()).toMatchObject([{ name: first }, { name: second, finished: false, steps: 0 }])

    const again = await refusal()
    expect(again).toBeInstanceOf(MigrationRefusedError)
    expect(again).toMatchObject({ obstacle: 'failed', message: expect.stringContaining('duplicate key value') })

    await write(second, 'CREATE TABLE half (id int);\nINSERT INTO item VALUES (2);\n')
    await markRolledBack({ url, name: second })
    expect(await run()).toEqual([second])
    expect(await history()).toMatchObject([
      { name: first },
      { name: second, finished: false, rolledBack: true },
      { name: second, finished: true, rolledBack: false, steps: 1 },
    ])
  })

  it('takes a failed migration for applied when a person says so', async () => {
    await write(second, 'SELECT 1 / 0')
    expect(await refusal()).toMatchObject({ obstacle: 'script-failed' })
    await markApplied({ url, name: second, folder })
    expect(await run()).toEqual([])
    expect(await history()).toMatchObject([
      { name: first },
      { name: second, finished: false, rolledBack: true },
      { name: second, finished: true, rolledBack: false, steps: 0 },
    ])
  })

  it('resolves only what can be resolved', async () => {
    await expect(markRolledBack({ url, name: first })).rejects.toThrow('never tried')
    await run()
    await expect(markRolledBack({ url, name: first })).rejects.toThrow('is applied, not failed')
    await expect(markApplied({ url, name: first, folder })).rejects.toThrow('applied already')
    await expect(markApplied({ url, name: second, folder })).rejects.toThrow(`no migration ${second}`)
  })

  it('names the line of a mistake', async () => {
    await write(second, 'CREATE TABLE fine (id int);\n\nCREATE TABEL wrong (id int);\n')
    expect(await refusal()).toMatchObject({
      message: expect.stringContaining('syntax error at or near "TABEL"\nLine 3'),
    })
  })

  it('refuses when an applied migration was edited, but not for other line endings', async () => {
    await run()
    await write(first, 'CREATE TABLE item (id int PRIMARY KEY);\r\nINSERT INTO item VALUES (1);\r\n')
    expect(await run()).toEqual([])
    await write(first, 'CREATE TABLE item (id int PRIMARY KEY);')
    expect(await refusal()).toMatchObject({ obstacle: 'edited', message: expect.stringContaining(first) })
    expect((await readMigrationStatus({ url, folder })).obstacle).toMatchObject({ obstacle: 'edited' })
  })

  it('refuses when the database has a migration that the folder lacks', async () => {
    await run()
    await rm(join(folder, first), { recursive: true })
    expect(await refusal()).toMatchObject({ obstacle: 'missing', message: expect.stringContaining(first) })
  })

  it('refuses a new migration that sorts before an applied one', async () => {
    await run()
    await write('20250101000000_late', 'SELECT 1')
    expect(await refusal()).toMatchObject({ obstacle: 'out-of-order', message: expect.stringContaining('2025') })
    expect(await history()).toHaveLength(1)
  })

  it('refuses a database with tables and no history, which can be adopted', async () => {
    await query(url, 'CREATE TABLE item (id int PRIMARY KEY)')
    expect(await refusal()).toMatchObject({ obstacle: 'not-empty', message: expect.stringContaining('"item"') })
    await markApplied({ url, name: first, folder })
    expect(await run()).toEqual([])
  })

  it('refuses a folder without a script', async () => {
    await mkdir(join(folder, second))
    await expect(run()).rejects.toThrow(`${second} has no migration.sql`)
  })

  it('applies a statement that must run outside of transactions when it is alone', async () => {
    await write(second, 'CREATE INDEX CONCURRENTLY item_id ON item (id);')
    expect(await run()).toEqual([first, second])
    expect(await history()).toMatchObject([{ name: first }, { name: second, finished: true, steps: 1 }])

    const third = '20260103000000_third'
    await write(third, 'CREATE INDEX CONCURRENTLY other ON item (id); SELECT 1;')
    expect(await refusal()).toMatchObject({ obstacle: 'script-failed', message: expect.stringContaining('25001') })
    expect(await history()).toMatchObject([{}, {}, { name: third, finished: false }])
  })

  it('refuses a script that leaves a transaction open', async () => {
    await write(second, 'BEGIN; INSERT INTO item VALUES (2);')
    expect(await refusal()).toMatchObject({ message: expect.stringContaining('a transaction that it does not end') })
    expect(await query(url, 'SELECT id FROM item')).toEqual([{ id: 1 }])
  })

  it('leaves neither tables nor a record of a migration that loses its connection, and applies it next time', async () => {
    await write(
      first,
      `CREATE TABLE item (id int); SELECT pg_sleep(CASE WHEN to_regclass('hurry') IS NULL THEN 60 END);`,
    )
    const interrupted = refusal()
    const victim = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(CASE%'
      AND wait_event = 'PgSleep' AND datname = '${new URL(url).pathname.slice(1)}'`
    while ((await query(server.superuserUrl('postgres'), victim)).length === 0) continue
    expect(String(await interrupted)).toContain(`the connection was lost while ${first} was applied`)
    expect(await history()).toEqual([])
    await query(url, 'CREATE VIEW hurry AS SELECT 1')
    expect(await run()).toEqual([first])
  })

  it('refuses a PostgreSQL that is too old', async () => {
    // The role sees a function of its own in front of PostgreSQL's.
    await query(
      url,
      `CREATE FUNCTION public.current_setting(name text) RETURNS text LANGUAGE sql AS
         $$ SELECT CASE name WHEN 'server_version' THEN '13.22' ELSE '130022' END $$;
       ALTER ROLE CURRENT_USER SET search_path = public, pg_catalog`,
    )
    await expect(run()).rejects.toThrow('PostgreSQL 13.22 is too old: Portico needs PostgreSQL 14 or newer')
  })

  it('says which database cannot be opened, and never the password', async () => {
    const failure = await migrate({ url: url.replace('secret', 'wrong-secret'), folder, log: silent }).catch(String)
    expect(failure).toMatch(
      /The database "shop\d+" on 127\.0\.0\.1:\d+ cannot be opened: password authentication failed/,
    )
    expect(failure).not.toContain('wrong-secret')
  })
})
