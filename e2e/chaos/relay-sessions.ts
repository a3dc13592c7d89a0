import { connectPg } from '@portico/database/pg-connection'
import type { CrashablePostgres } from './crashable-postgres.ts'
import type { StoreName } from './stores.ts'

/** Ends the database's sessions by which a subgraph's relays read and are woken, and no others. */
export async function endRelaySessions(postgres: CrashablePostgres, store: StoreName): Promise<void> {
  await using admin = await connectPg(postgres.superuserUrl('postgres'), { name: 'chaos' })
  await admin.client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY($1)', [
    [`portico-${store}-events`, 'portico-listens'],
  ])
}
