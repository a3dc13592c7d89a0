import type { SqlTransaction } from './sql.ts'

const DAY_MS = 86_400_000

/** How long an event that was delivered stays in its outbox. */
export const OUTBOX_KEPT_MS = 7 * DAY_MS
/**
 * How long an event that was handled is known for a repeat. Longer than anything may lie in an outbox or in a broker;
 * a dead letter that is replayed later still finds handlers that look at what was done.
 */
export const INBOX_KEPT_MS = 30 * DAY_MS

/** Deletes what is long settled. Dead letters stay. */
export async function pruneEvents(db: SqlTransaction, now: number): Promise<void> {
  await db.$executeRaw`DELETE FROM outbox_event WHERE state = 'DONE' AND settled_at < ${new Date(now - OUTBOX_KEPT_MS)}`
  await db.$executeRaw`DELETE FROM inbox_event WHERE state = 'DONE' AND settled_at < ${new Date(now - INBOX_KEPT_MS)}`
}
