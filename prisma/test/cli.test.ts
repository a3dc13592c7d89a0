import { spawn } from 'node:child_process'
import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, jest } from '@jest/globals'
import { databaseNames } from '../src/databases.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

const repository = resolve(import.meta.dirname, '../..')

interface Outcome {
  exitCode: number | null
  output: string
  errors: string
}

/** Runs the command line of a checkout; what the shell has set does not count. */
async function run(args: string[], env: Record<string, string> = {}, checkout = repository): Promise<Outcome> {
  const unset = {
    USERS_DATABASE_URL: '',
    PRODUCTS_DATABASE_URL: '',
    ORDERS_DATABASE_URL: '',
    DEBUG: '',
    POSTGRES_PORT: '',
  }
  const command = ['--conditions=portico:source', join(checkout, 'prisma/src/cli.ts'), ...args]
  const child = spawn(process.execPath, command, { env: { ...process.env, ...unset, ...env }, cwd: checkout })
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { exitCode, output, errors }
}

describe('the command line', () => {
  it('migrates the embedded databases and says how they stand', async () => {
    await using temporary = await createTemporaryFolder()
    const env = { PORTICO_DATA_DIR: temporary.path }
    expect(await run(['status'], env)).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/users: 0 applied, 1 pending\n {2}pending: \d+_init\n/),
    })
    const migrated = await run(['migrate'], env)
    expect(migrated).toMatchObject({ exitCode: 0, errors: '' })
    for (const name of databaseNames)
      expect(migrated.output).toMatch(new RegExp(`${name}: applied \\d+_init in \\d+ ms`))
    expect(await run(['status'], env)).toEqual({
      exitCode: 0,
      output: expect.stringMatching(
        /^users: [1-9]\d* applied, 0 pending\nproducts: [1-9]\d* applied, 0 pending\norders: [1-9]\d* applied, 0 pending\n$/,
      ),
      errors: '',
    })
    expect(await run(['resolve', 'users', '--rolled-back', 'unheard_of'], env)).toEqual({
      exitCode: 1,
      output: '',
      errors: 'Migration unheard_of was never tried on this database\n',
    })
  })

  it('exits with 2 when a schema says what no migration makes', async () => {
    await using temporary = await createTemporaryFolder()
    await cp(join(repository, 'prisma'), join(temporary.path, 'prisma'), { recursive: true })
    await symlink(join(repository, 'node_modules'), join(temporary.path, 'node_modules'))
    const schema = join(temporary.path, 'prisma/orders/schema.prisma')
    await writeFile(schema, (await readFile(schema, 'utf8')).replace('  recipient ', '  note String?\n  recipient '))

    const { exitCode, output, errors } = await run(['check'], {}, temporary.path)
    expect(errors).toBe('')
    expect(exitCode).toBe(2)
    expect(output).toContain('users: the migrations make what schema.prisma says\n')
    expect(output).toContain('orders: DRIFT\n')
    expect(output).toContain('ALTER TABLE "order" ADD COLUMN     "note" TEXT;')
  })

  it('explains in a few lines what is wrong', async () => {
    const url = 'postgresql://users:hidden@127.0.0.1:1/users'
    const wrong: [string[], Record<string, string>, RegExp][] = [
      [
        ['status'],
        { USERS_DATABASE_URL: url },
        /^The configuration has 2 .*\n {2}- PRODUCTS_DATABASE_URL: .* or none of the three .*\n {2}- ORDERS_DATABASE_URL: .*\n$/,
      ],
      [
        ['status'],
        { USERS_DATABASE_URL: url, PRODUCTS_DATABASE_URL: url, ORDERS_DATABASE_URL: 'mysql://x', POSTGRES_PORT: 'x' },
        /^The configuration has 2 .*\n {2}- ORDERS_DATABASE_URL: must look .*\n {2}- POSTGRES_PORT: .*\n$/,
      ],
      [
        ['migrate'],
        { USERS_DATABASE_URL: url, PRODUCTS_DATABASE_URL: url, ORDERS_DATABASE_URL: url },
        /^The database "users" on 127\.0\.0\.1:1 cannot be opened: connect ECONNREFUSED 127\.0\.0\.1:1\n$/,
      ],
      [['new-migration', 'user', 'x'], {}, /^There is no service "user"\.\nUsage:/],
      [['resolve', 'users'], {}, /^Say either --rolled-back <name> or --applied <name>\.\nUsage:/],
      [['migrat'], {}, /^There is no command "migrat"\.\nUsage:/],
    ]
    for (const [args, env, message] of wrong)
      expect(await run(args, env)).toEqual({ exitCode: 1, output: '', errors: expect.stringMatching(message) })
  })
})
