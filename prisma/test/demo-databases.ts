import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import type { DatabaseName } from '../src/databases.ts'

export interface DemoDatabases extends AsyncDisposable, Record<DatabaseName, TestDatabase> {
  urls: Record<DatabaseName, string>
}

/** Three databases as the migrations leave them; those that are given are taken instead of new ones. */
export async function createDatabases(given: Partial<Record<DatabaseName, TestDatabase>> = {}): Promise<DemoDatabases> {
  await using stack = new AsyncDisposableStack()
  const open = async (name: DatabaseName): Promise<TestDatabase> =>
    given[name] ?? stack.use(await createTestDatabase(name))
  const databases = { users: await open('users'), products: await open('products'), orders: await open('orders') }
  const running = stack.move()
  return {
    ...databases,
    urls: { users: databases.users.url, products: databases.products.url, orders: databases.orders.url },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export async function rowsOf<Row extends object>(
  { sql }: TestDatabase,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await sql.query<Row>(statement, values)).rows
}

/** The number that the statement returns as "count". */
export async function count(database: TestDatabase, statement: string, values: unknown[] = []): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(database, statement, values)
  return Number(row?.count)
}

/** How many rows the table that says whether a database is in use has in each. */
export async function countMainRows({ users, products, orders }: DemoDatabases): Promise<Record<DatabaseName, number>> {
  return {
    users: await count(users, 'SELECT count(*) FROM "user"'),
    products: await count(products, 'SELECT count(*) FROM product'),
    orders: await count(orders, 'SELECT count(*) FROM "order"'),
  }
}

export const ALL_EMPTY = { users: 0, products: 0, orders: 0 }
export const ALL_FULL = { users: 50, products: 500, orders: 2_000 }

/** Makes the users database one that somebody uses. */
export async function addUser({ sql }: TestDatabase): Promise<void> {
  await sql.query(
    `INSERT INTO "user" (email, email_key, display_name, password_hash) VALUES ('me@here.test', 'me@here.test', 'Me', '-')`,
  )
}
