import type { Pool } from 'pg'

/** How far the events on one side of a subgraph are. */
export interface QueueState {
  /** Not settled, be it for the first time or again. */
  pending: number
  /** Those of them that failed at least once. */
  failing: number
  /** Given up; `npm run events -- replay` tries them again. */
  dead: number
  /** Age of the oldest pending event, in seconds; 0 when there is none. */
  lagSeconds: number
}

export interface EventsState {
  outbox: QueueState
  inbox: QueueState
  /** When that was, ISO 8601. */
  readAt: string
}

/** What is being done about events that came in. */
export interface Handling {
  /** Being handled now. */
  active: number
  /** Received, and waiting for their turn. */
  waiting: number
  /** Most that are handled at once. */
  limit: number
}

interface Row {
  queue: string
  pending: number
  failing: number
  dead: number
  lag: number
}

/** Reads how far a subgraph's events are, by the indexes of what is not settled. */
export async function readEventsState(db: Pick<Pool, 'query'>): Promise<EventsState> {
  const { rows } = await db.query<Row>(STATE)
  const stateOf = (queue: string) => toState(rows.find((row) => row.queue === queue))
  return { outbox: stateOf('outbox'), inbox: stateOf('inbox'), readAt: new Date().toISOString() }
}

const countsOf = (queue: string, since: string) => `
  SELECT '${queue}' AS queue,
    count(*) FILTER (WHERE state = 'PENDING')::int AS pending,
    count(*) FILTER (WHERE state = 'PENDING' AND attempts > 0)::int AS failing,
    count(*) FILTER (WHERE state = 'DEAD')::int AS dead,
    coalesce(extract(epoch FROM now() - min(${since}) FILTER (WHERE state = 'PENDING')), 0)::float8 AS lag
  FROM ${queue}_event WHERE state <> 'DONE'`

const STATE = `${countsOf('outbox', 'created_at')} UNION ALL ${countsOf('inbox', 'received_at')}`

function toState(row: Row | undefined): QueueState {
  if (!row) return { pending: 0, failing: 0, dead: 0, lagSeconds: 0 }
  const { pending, failing, dead, lag } = row
  return { pending, failing, dead, lagSeconds: Math.max(0, lag) }
}
