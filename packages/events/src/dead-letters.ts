import type { Pool } from 'pg'

/** An event that was given up. */
export interface DeadLetter {
  /** On which side: not delivered (`outbox`), or not handled (`inbox`). */
  queue: 'outbox' | 'inbox'
  id: string
  type: string
  subject: string
  attempts: number
  lastError: string | null
  /** When it was written, or received. */
  since: Date
}

type Database = Pick<Pool, 'query'>

const DEAD_LETTERS = `
  SELECT 'outbox' AS queue, id, type, subject, attempts, last_error AS "lastError", created_at AS since
  FROM outbox_event WHERE state = 'DEAD'
  UNION ALL
  SELECT 'inbox', id, type, subject, attempts, last_error, received_at FROM inbox_event WHERE state = 'DEAD'
  ORDER BY since, id
  LIMIT $1`

/** The dead letters of a subgraph, oldest first, at most `most` of them. */
export async function listDeadLetters(db: Database, most: number): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>(DEAD_LETTERS, [most])
  return rows
}

/**
 * Has dead letters tried again, as if for the first time: the one with this id, or all. Returns how many there were; the
 * subgraph takes them up within a second.
 */
export async function replayDeadLetters(db: Database, which: { id: string } | 'all'): Promise<number> {
  const id = which === 'all' ? null : which.id
  const replay = async (queue: DeadLetter['queue']) => {
    const { rowCount } = await db.query(
      `UPDATE ${queue}_event SET state = 'PENDING', attempts = 0, next_attempt_at = now(), settled_at = NULL
       WHERE state = 'DEAD' AND ($1::uuid IS NULL OR id = $1)`,
      [id],
    )
    return rowCount ?? 0
  }
  return (await replay('outbox')) + (await replay('inbox'))
}
