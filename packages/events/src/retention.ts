import { DELETE_BATCH, deleteInBatches } from '@portico/service-kit/delete-in-batches'
import type { SqlTransaction } from './sql.ts'

const DAY_MS = 86_400_000

/** How long an event that was delivered stays in its outbox. */
const OUTBOX_KEPT_MS = 7 * DAY_MS
/**
 * How long an event that was handled is known for a repeat. Longer than anything may lie in an outbox or in a broker;
 * a dead letter that is replayed later still finds handlers that look at what was done.
 */
const INBOX_KEPT_MS = 30 * DAY_MS

/** Deletes what is long settled, until `signal` aborts; what another replica is deleting is left to it. Dead letters stay. */
export async function pruneEvents(db: SqlTransaction, now: number, signal?: AbortSignal): Promise<void> {
  const sent = new Date(now - OUTBOX_KEPT_MS)
  await deleteInBatches(
    () => db.$executeRaw`
      DELETE FROM outbox_event WHERE position IN (
        SELECT position FROM outbox_event WHERE state = 'DONE' AND settled_at < ${sent} ORDER BY settled_at LIMIT ${DELETE_BATCH}
        FOR UPDATE SKIP LOCKED)`,
    signal,
  )
  const handled = new Date(now - INBOX_KEPT_MS)
  await deleteInBatches(
    () => db.$executeRaw`
      DELETE FROM inbox_event WHERE (id, source) IN (
        SELECT id, source FROM inbox_event WHERE state = 'DONE' AND settled_at < ${handled} ORDER BY settled_at LIMIT ${DELETE_BATCH}
        FOR UPDATE SKIP LOCKED)`,
    signal,
  )
}
