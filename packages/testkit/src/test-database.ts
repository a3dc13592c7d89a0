import { randomBytes } from 'node:crypto'
import type { DatabaseName } from '@portico/database/databases'
import { Client } from 'pg'
import { eventually } from './eventually.ts'
import { SHARED_POSTGRES, TEST_DATABASE_PREFIX, TEST_PASSWORDS } from './shared-postgres.ts'

/** A database that a test file has for itself; disposing drops it. */
export interface TestDatabase extends AsyncDisposable {
  /** A connection string of the subgraph's role, which owns this database. */
  url: string
  /** A connection of the test's own, to arrange and to look. */
  sql: Client
  /** Breaks all connections but the test's own, as a restart of the server does. */
  breakConnections(): Promise<void>
  /** Resolves when at least that many sessions wait for a lock, which the test holds by `sql`. */
  untilSessionsWait(count: number): Promise<void>
}

/** A database of its own for a test file: a copy of the migrated template of a subgraph. */
export async function createTestDatabase(name: DatabaseName): Promise<TestDatabase> {
  const server = process.env[SHARED_POSTGRES]
  if (server === undefined) throw new Error(`${SHARED_POSTGRES} is not set: run the tests through Jest's global setup.`)
  await using stack = new AsyncDisposableStack()
  const admin = await connect(server)
  stack.defer(() => admin.end())

  const database = `${TEST_DATABASE_PREFIX}${name}_${randomBytes(6).toString('hex')}`
  const url = new URL(server)
  url.pathname = `/${database}`
  url.username = name
  url.password = TEST_PASSWORDS[name]
  await admin.query(`CREATE DATABASE ${database} TEMPLATE ${name} OWNER ${name}`)
  stack.defer(async () => {
    await admin.query(`DROP DATABASE ${database}`)
  })
  const sql = await connect(url.href)
  stack.defer(() => sql.end())

  const running = stack.move()
  return {
    url: url.href,
    sql,
    async breakConnections() {
      const own = await sql.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2', [
        database,
        own.rows[0]?.pid,
      ])
    },
    async untilSessionsWait(count) {
      await eventually(async () => {
        const { rows } = await admin.query<{ waiting: number }>(
          "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'",
          [database],
        )
        return (rows[0]?.waiting ?? 0) >= count
      })
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}
