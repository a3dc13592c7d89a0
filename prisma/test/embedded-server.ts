import { Client, type QueryResultRow } from 'pg'

/** Without waiting for the disk; what is committed still survives everything but the crash of the whole machine. */
export const fastSettings = { fsync: 'off', full_page_writes: 'off' }

/** Keeps quiet. */
export const silent = (): void => undefined

/** Runs one statement on a connection of its own. */
export async function query<Row extends QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
