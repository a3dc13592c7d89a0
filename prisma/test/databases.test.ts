import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { databaseNames, ensureDatabases } from '../src/databases.ts'
import { type StartedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { loadOrCreatePasswords, loadOrCreateSecret } from '../src/secrets.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

describe('the databases', () => {
  const stack = new AsyncDisposableStack()
  let server: StartedPostgres

  beforeAll(async () => {
    const temporary = stack.use(await createTemporaryFolder())
    const folder = join(temporary.path, 'postgres')
    server = stack.use(await startEmbeddedPostgres({ folder, log: silent, settings: fastSettings }))
  })
  afterAll(() => stack.disposeAsync())

  const passwords = { users: 'secret u', products: 'secret p', orders: 'secret o' }
  const ensure = () => ensureDatabases(server.superuserUrl('postgres'), passwords)

  it('are made once, however many processes ask for them together', async () => {
    const [first, second] = await Promise.all([ensure(), ensure()])
    expect(second).toEqual(first)
    const names = await query(server.superuserUrl('postgres'), 'SELECT datname FROM pg_database ORDER BY 1')
    expect(names).toEqual(
      ['orders', 'postgres', 'products', 'template0', 'template1', 'users'].map((datname) => ({ datname })),
    )
  })

  it('belong to a role each, which may do nothing else on the server', async () => {
    const urls = await ensure()
    for (const name of databaseNames) {
      expect(
        await query(
          urls[name],
          `SELECT current_user::text AS role, current_database()::text AS database, rolsuper, rolcreatedb, rolcreaterole,
                  (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public') AS owner
           FROM pg_roles WHERE rolname = current_user`,
        ),
      ).toEqual([
        { role: name, database: name, rolsuper: false, rolcreatedb: false, rolcreaterole: false, owner: name },
      ])
      await query(urls[name], 'CREATE TABLE own (id int); DROP TABLE own; CREATE EXTENSION IF NOT EXISTS pg_trgm')
    }
  })

  it('cannot be opened by the role of another one', async () => {
    const urls = await ensure()
    for (const role of databaseNames)
      for (const database of [...databaseNames, 'postgres', 'template1'].filter((name) => name !== role))
        await expect(query(urls[role].replace(/\w+$/, database), 'SELECT 1')).rejects.toThrow(
          `permission denied for database "${database}"`,
        )
  })

  it('get a new password where the given one has changed', async () => {
    const before = await ensure()
    const after = await ensureDatabases(server.superuserUrl('postgres'), { ...passwords, orders: 'changed' })
    await expect(query(before.orders, 'SELECT 1')).rejects.toThrow('password authentication failed')
    expect(await query(after.orders, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('secrets', () => {
  it('are made once, kept for their owner only, and shared by processes that start together', async () => {
    await using folder = await createTemporaryFolder()
    const file = join(folder.path, 'secret')
    let made = 0
    const secrets = await Promise.all(
      Array.from({ length: 8 }, () => loadOrCreateSecret(file, () => `secret ${made++}`)),
    )
    expect(new Set(secrets)).toEqual(new Set([await readFile(file, 'utf8')]))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await loadOrCreateSecret(file, () => 'another')).toBe(secrets[0])
  })

  it('are named when the kept file lacks one', async () => {
    await using folder = await createTemporaryFolder()
    const first = await loadOrCreatePasswords(folder.path, ['users'])
    expect(await loadOrCreatePasswords(folder.path, ['users'])).toEqual(first)
    await expect(loadOrCreatePasswords(folder.path, ['users', 'orders'])).rejects.toThrow('no password for orders')
    await writeFile(join(folder.path, 'database-passwords.json'), 'null')
    await expect(loadOrCreatePasswords(folder.path, ['users'])).rejects.toThrow('no password for users')
  })
})
