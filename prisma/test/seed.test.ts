import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { addUser, ALL_EMPTY, ALL_FULL, countMainRows, createDatabases, type DemoDatabases } from './demo-databases.ts'

jest.setTimeout(60_000)

describe('npm run db:seed', () => {
  it('fills empty databases, and refuses to do it again', async () => {
    await using databases = await createDatabases()
    expect(await seed(databases)).toEqual({ code: 0, output: expect.stringMatching(/^Loaded demo data: .*\n$/) })
    expect(await countMainRows(databases)).toEqual(ALL_FULL)
    expect(await seed(databases)).toEqual({
      code: 1,
      output: expect.stringMatching(/^Not empty: users, products, orders\. /),
    })
  })

  it('refuses when one of the databases is in use, and names it', async () => {
    await using databases = await createDatabases()
    await addUser(databases.users)
    expect(await seed(databases)).toEqual({ code: 1, output: expect.stringContaining('"users" has other rows') })
    expect(await countMainRows(databases)).toEqual({ ...ALL_EMPTY, users: 1 })
  })

  it('refuses in production', async () => {
    await using databases = await createDatabases()
    expect(await seed(databases, { NODE_ENV: 'production' })).toEqual({
      code: 1,
      output: expect.stringContaining('not for production'),
    })
    expect(await countMainRows(databases)).toEqual(ALL_EMPTY)
  })

  it('refuses when a database is not migrated, and names it', async () => {
    await using databases = await createDatabases()
    await databases.products.sql.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    expect(await seed(databases)).toEqual({
      code: 1,
      output: 'Not migrated: products. Run npm run db:migrate first.\n',
    })
  })
})

/** Runs the program as npm does; its output is that of both streams. */
function seed({ urls }: DemoDatabases, env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
  const variables = {
    USERS_DATABASE_URL: urls.users,
    PRODUCTS_DATABASE_URL: urls.products,
    ORDERS_DATABASE_URL: urls.orders,
    NODE_ENV: 'development',
    ...env,
  }
  const program = resolve(import.meta.dirname, '../src/seed.ts')
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--conditions=portico:source', program],
      { env: { ...process.env, NODE_OPTIONS: '', ...variables } },
      (_, stdout, stderr) => done({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}
