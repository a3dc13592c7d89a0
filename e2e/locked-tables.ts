import type { TestDatabase } from '@portico/testkit/test-database'

/** Makes a database hang: whoever reads or writes waits, until this is disposed or they give up. */
export async function lockTables({ sql }: TestDatabase): Promise<AsyncDisposable> {
  const { rows } = await sql.query<{ tables: string }>(
    "SELECT string_agg(quote_ident(tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'public'",
  )
  await sql.query('BEGIN')
  await sql.query(`LOCK TABLE ${rows[0]?.tables} IN ACCESS EXCLUSIVE MODE`)
  return {
    async [Symbol.asyncDispose]() {
      await sql.query('ROLLBACK')
    },
  }
}
