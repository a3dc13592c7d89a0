import type { Pool } from 'pg'

/** Which delivered events to send again. */
export interface ResentEvents {
  /** Those that were written then or later. */
  since: Date
  /** Undefined: of whatever type. */
  type: string | undefined
}

/**
 * Has events of the outbox sent again that were delivered, as if for the first time, and returns how many. For those that
 * RabbitMQ had confirmed and that their receiver refused or that were lost behind it; to a receiver that has handled one
 * it is a repeat. The subgraph takes them up within a second.
 */
export async function resendEvents(db: Pick<Pool, 'query'>, { since, type }: ResentEvents): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE outbox_event SET state = 'PENDING', attempts = 0, next_attempt_at = now(), settled_at = NULL
     WHERE state = 'DONE' AND created_at >= $1 AND ($2::text IS NULL OR type = $2)`,
    [since, type ?? null],
  )
  return rowCount ?? 0
}
