import { randomUUID } from 'node:crypto'
import { checkData, type Announcement } from './event-type.ts'
import type { SqlTransaction } from './sql.ts'

/**
 * Writes events to the outbox of the database, in the transaction of the change that they tell of: they are sent if it
 * commits, and never otherwise. Events of one subject are sent in the order in which they were written, if the writers
 * of a subject wait for each other, by a lock on its row.
 *
 * @throws EventDataError when data is not what its type says; nothing is written.
 */
export async function announce(tx: SqlTransaction, ...announcements: readonly Announcement[]): Promise<void> {
  const rows = announcements.map(({ type, subject, data, cause }) => ({
    id: randomUUID(),
    type: type.name,
    subject,
    data: checkData(type, data),
    request_id: cause?.requestid ?? null,
    trace_parent: cause?.traceparent ?? null,
  }))
  if (rows.length === 0) return
  await tx.$executeRaw`
    INSERT INTO outbox_event (id, type, subject, data, request_id, trace_parent)
    SELECT (event ->> 'id')::uuid, event ->> 'type', event ->> 'subject', event -> 'data', event ->> 'request_id',
      event ->> 'trace_parent'
    FROM jsonb_array_elements(${JSON.stringify(rows)}::jsonb) WITH ORDINALITY AS list (event, ordinal)
    ORDER BY ordinal`
}
