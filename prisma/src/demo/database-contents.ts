import { escapeIdentifier, type Client } from 'pg'
import type { DatabaseName } from '../databases.ts'
import { DEMO_CURRENCY } from './catalogue.ts'

/** The table whose rows say that a database is in use. */
const MAIN_TABLES: Readonly<Record<DatabaseName, string>> = { users: 'user', products: 'product', orders: 'order' }

/** The databases that know the currency of the shop. */
const WITH_CURRENCY: ReadonlySet<DatabaseName> = new Set(['products', 'orders'])

/** Whether the database has users, products or orders, made up or not. */
export async function isFilled(client: Client, name: DatabaseName): Promise<boolean> {
  const { rows } = await client.query(`SELECT FROM ${escapeIdentifier(MAIN_TABLES[name])} LIMIT 1`)
  return rows.length > 0
}

/** Why demo data can not stand beside what the database has; undefined when it can. */
export async function findConflict(client: Client, name: DatabaseName, demoId: string): Promise<string | undefined> {
  const table = escapeIdentifier(MAIN_TABLES[name])
  const { rows } = await client.query(`SELECT FROM ${table} WHERE id = $1`, [demoId])
  if (rows.length === 0 && (await isFilled(client, name))) return `the database "${name}" has other rows`
  const currency = WITH_CURRENCY.has(name) ? await readCurrency(client) : DEMO_CURRENCY
  if (currency !== DEMO_CURRENCY)
    return `the shop was started with ${currency}, and the demo data is in ${DEMO_CURRENCY}`
  return undefined
}

async function readCurrency(client: Client): Promise<string> {
  const { rows } = await client.query<{ value: string }>(`SELECT value FROM shop_setting WHERE name = 'currency'`)
  return rows[0]?.value ?? DEMO_CURRENCY
}

/**
 * Fills the database in one transaction: all rows or none, and none when it is filled already.
 *
 * @param tables the rows by table, both in camel case, in an order in which they can be inserted.
 * @returns whether it was filled now.
 */
export async function fill(
  client: Client,
  name: DatabaseName,
  tables: Readonly<Record<string, readonly object[]>>,
): Promise<boolean> {
  await client.query('BEGIN')
  // Keeps out others who would fill it, and nobody who reads.
  await client.query(`LOCK TABLE ${escapeIdentifier(MAIN_TABLES[name])} IN SHARE ROW EXCLUSIVE MODE`)
  if (await isFilled(client, name)) return false
  for (const [table, rows] of Object.entries(tables)) await insert(client, table, rows)
  if (WITH_CURRENCY.has(name))
    await client.query(`INSERT INTO shop_setting (name, value) VALUES ('currency', $1) ON CONFLICT (name) DO NOTHING`, [
      DEMO_CURRENCY,
    ])
  await client.query('COMMIT')
  return true
}

async function insert(client: Client, table: string, rows: readonly object[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {}).map(snakeCase)
  const target = escapeIdentifier(snakeCase(table))
  const columns = names.map(escapeIdentifier).join(', ')
  const records = rows.map((row) => {
    const values: unknown[] = Object.values(row)
    return Object.fromEntries(names.map((name, index) => [name, values[index]]))
  })
  await client.query(
    `INSERT INTO ${target} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${target}, $1)`,
    [JSON.stringify(records)],
  )
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
