import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseNames, ensureDatabases, folderOf } from '@portico/database/databases'
import { startEmbeddedPostgres } from '@portico/database/embedded-postgres'
import { migrate } from '@portico/database/migrate'
import { Client } from 'pg'

/** The variable by which the run's PostgreSQL is known to its test files: the superuser's URL. */
export const SHARED_POSTGRES = 'TESTKIT_POSTGRES_URL'

/** What test databases are called; anything of this name that is left after a run is a leak. */
export const TEST_DATABASE_PREFIX = 'test_'

/** The roles' passwords on the test server, which only this machine reaches. */
export const TEST_PASSWORDS = { users: 'users', products: 'products', orders: 'orders' }

/**
 * Starts the one PostgreSQL of a test run, in a temporary folder, with a migrated template database for each subgraph.
 * Durability is off: a test run is not there to survive a power cut. `TEST_POSTGRES_URL`, a superuser's URL, makes it
 * use a server that runs already.
 *
 * Disposing fails when a test left a database behind, which means that it left connections open, too.
 */
export async function startSharedPostgres(env: NodeJS.ProcessEnv): Promise<AsyncDisposable & { url: string }> {
  await using stack = new AsyncDisposableStack()
  const url = env['TEST_POSTGRES_URL'] ?? (await startTemporary(stack))
  const urls = await ensureDatabases(url, TEST_PASSWORDS)
  await Promise.all(
    databaseNames.map((name) =>
      migrate({
        url: urls[name],
        folder: join(folderOf(name), 'migrations'),
        log: () => undefined,
      }),
    ),
  )
  const running = stack.move()
  return {
    url,
    async [Symbol.asyncDispose]() {
      const leaked = await testDatabases(url)
      await running.disposeAsync()
      if (leaked.length > 0) throw new Error(`Tests left databases open: ${leaked.join(', ')}`)
    },
  }
}

async function startTemporary(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-test-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  // Started by root, the server runs under another account, which has to get in.
  await chmod(folder, 0o711)
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }
  const server = stack.use(await startEmbeddedPostgres({ folder, log: () => undefined, settings }))
  return server.superuserUrl('postgres')
}

async function testDatabases(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [TEST_DATABASE_PREFIX],
  )
  await client.end()
  return rows.map(({ datname }) => datname)
}
