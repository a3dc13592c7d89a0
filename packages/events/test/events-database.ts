import { outliveConnections } from '@portico/service-kit/database'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { Pool, type PoolClient } from 'pg'
import type { SqlDatabase, SqlTransaction } from '../src/sql.ts'

/** A database with an outbox and an inbox, and what its subgraph would reach it by. */
export interface EventsDatabase extends AsyncDisposable {
  database: TestDatabase
  pool: Pool
  db: SqlDatabase<SqlTransaction>
}

/** The database of orders, reached by the plain driver in the way of a generated Prisma client. */
export async function createEventsDatabase(): Promise<EventsDatabase> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase('orders'))
  const pool = outliveConnections(new Pool({ connectionString: database.url, max: 10 }))
  pool.on('error', () => undefined)
  stack.defer(() => pool.end())

  const running = stack.move()
  return {
    database,
    pool,
    db: {
      ...rawOf(pool),
      async $transaction(run) {
        const client = await pool.connect()
        let failure: Error | undefined
        try {
          await client.query('BEGIN')
          const result = await run(rawOf(client))
          await client.query('COMMIT')
          return result
        } catch (error) {
          failure = error instanceof Error ? error : new Error(String(error))
          throw error
        } finally {
          client.release(failure)
        }
      },
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function rawOf(client: Pool | PoolClient): SqlTransaction {
  const query = (parts: TemplateStringsArray, values: unknown[]) =>
    client.query(
      parts.reduce((sql, part, index) => `${sql}$${index}${part}`),
      values,
    )
  return {
    $queryRaw: async <Rows>(parts: TemplateStringsArray, ...values: unknown[]) =>
      (await query(parts, values)).rows as Rows,
    $executeRaw: async (parts, ...values) => (await query(parts, values)).rowCount ?? 0,
  }
}
