import { execFile } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { createTestDatabase } from '@portico/testkit/test-database'

jest.setTimeout(30_000)

/** Runs the program with these variables and no others, and says how it ended. */
function runMigrate(env: Record<string, string>): Promise<{ exitCode: unknown; output: string }> {
  const program = join(import.meta.dirname, '../src/main.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, ['--conditions=portico:source', program], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error?.code ?? 0, output: stdout + stderr }),
    )
  })
}

describe('the migration of one database', () => {
  it('applies what is pending, by an address that a file holds, and succeeds when nothing is', async () => {
    await using database = await createTestDatabase('users')
    await database.sql.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await using folder = await mkdtempDisposable(join(tmpdir(), 'portico-migrate-'))
    const file = join(folder.path, 'url')
    await writeFile(file, `${database.url}\n`)

    const env = { DATABASE: 'users', DATABASE_URL_FILE: file }
    const first = await runMigrate(env)
    expect(first).toEqual({ exitCode: 0, output: expect.stringMatching(/^users: applied \w+_init in \d+ ms$/m) })
    const { rows } = await database.sql.query<{ count: number }>('SELECT count(*)::int FROM "user"')
    expect(rows).toEqual([{ count: 0 }])
    expect(await runMigrate(env)).toEqual({
      exitCode: 0,
      output: 'users: 0 applied, the database is up to date\n',
    })
  })

  it('fails for a database that refuses, so that nothing that waits for it starts', async () => {
    await using database = await createTestDatabase('users')
    const { exitCode, output } = await runMigrate({ DATABASE: 'orders', DATABASE_URL: database.url })
    expect(exitCode).toBe(1)
    expect(output).toContain('orders:')
  })

  it('fails with the name of each variable that is missing', async () => {
    expect(await runMigrate({ DATABASE: 'user' })).toEqual({
      exitCode: 1,
      output: expect.stringMatching(/DATABASE: must be one of users, products, orders\n.*DATABASE_URL: must be set/),
    })
  })
})
