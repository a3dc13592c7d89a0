import type { Logger } from '@portico/service-kit/logger'
import type { Pool, PoolClient } from 'pg'
import { BACKOFF, pauseAfter, type Backoff } from './backoff.ts'
import { sourceOf, type CloudEvent } from './cloud-event.ts'
import type { Delivery, Transport, Undelivered } from './transport.ts'
import type { Wake } from './wake.ts'

/** What a relay works with. */
export interface RelayOptions {
  /** The subgraph whose outbox it is. */
  subgraph: string
  /** Connections of the relay's own: each lane holds one while it sends. */
  pool: Pool
  transport: Pick<Transport, 'send'>
  wake: Wake
  log: Logger
  /** How many batches are under way at once. Default 2. */
  lanes?: number
  /** Most events of a batch. Default 100. */
  batch?: number
  /** Longest pause between two looks at the outbox, in milliseconds: for what no notification told. Default 1,000. */
  sweepMs?: number
  /** Default {@link BACKOFF}. */
  backoff?: Backoff
}

interface OutboxRow {
  position: string
  id: string
  type: string
  subject: string
  data: unknown
  request_id: string | null
  trace_parent: string | null
  created_at: Date
  attempts: number
}

/**
 * Sends what is in the outbox, at least once and in the order of each subject: an event is taken only when no earlier one
 * of its subject is left, dead letters included. A batch stays locked in one transaction until it was sent, so that
 * several relays never send the same at once. PostgreSQL ends the transaction of a relay that died or hangs, and another
 * one sends the batch again. Disposing lets the batches under way end.
 */
export function startRelay(options: RelayOptions): AsyncDisposable {
  const { lanes = 2, log, sweepMs = 1000, wake } = options
  const stop = new AbortController()

  async function lane() {
    while (!stop.signal.aborted) {
      const rung = wake.rung()
      try {
        if ((await sendBatch(options)) === 0 && !stop.signal.aborted) await wake.wait(rung, sweepMs)
      } catch (err) {
        log.warn({ err }, 'outbox not read')
        if (!stop.signal.aborted) await wake.wait(wake.rung(), sweepMs)
      }
    }
  }
  const running = Array.from({ length: lanes }, lane)

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      wake.ring()
      await Promise.all(running)
    },
  }
}

/** Sends the events that are due, and returns how many there were. */
async function sendBatch({
  subgraph,
  pool,
  transport,
  batch = 100,
  backoff = BACKOFF,
  log,
}: RelayOptions): Promise<number> {
  const client = await pool.connect()
  let broken: Error | undefined
  // A connection that breaks while the batch is being sent has no statement to fail.
  const onBroken = (error: Error) => {
    broken = error
  }
  client.on('error', onBroken)
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<OutboxRow>({ name: 'claim outbox events', text: CLAIM, values: [batch] })
    if (rows.length > 0) {
      const deliveries = await transport.send(rows.map((row) => toCloudEvent(row, subgraph)))
      await settle(client, rows, { deliveries, backoff, log })
    }
    await client.query('COMMIT')
    return rows.length
  } catch (error) {
    // With its connection goes the transaction.
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.off('error', onBroken)
    client.release(broken)
  }
}

const CLAIM = `
  SELECT position, id, type, subject, data, request_id, trace_parent, created_at, attempts
  FROM outbox_event AS event
  WHERE state = 'PENDING' AND next_attempt_at <= now()
    AND NOT EXISTS (
      SELECT FROM outbox_event AS earlier
      WHERE earlier.subject = event.subject AND earlier.state <> 'DONE' AND earlier.position < event.position)
  ORDER BY position
  LIMIT $1
  FOR UPDATE SKIP LOCKED`

const DELIVERED = `
  UPDATE outbox_event SET state = 'DONE', attempts = attempts + 1, last_error = NULL, settled_at = clock_timestamp()
  WHERE position = ANY($1)`

const UNDELIVERED = `
  UPDATE outbox_event SET state = $2, attempts = attempts + 1, last_error = $3, settled_at = clock_timestamp(),
    next_attempt_at = clock_timestamp() + make_interval(secs => $4 / 1000.0)
  WHERE position = $1`

interface Settlement {
  deliveries: readonly Delivery[]
  backoff: Backoff
  log: Logger
}

async function settle(client: PoolClient, rows: readonly OutboxRow[], { deliveries, backoff, log }: Settlement) {
  const delivered: string[] = []
  const failed: { row: OutboxRow; failure: Undelivered }[] = []
  for (const [index, row] of rows.entries()) {
    const failure = deliveries[index]
    if (failure === undefined) delivered.push(row.position)
    else failed.push({ row, failure })
  }
  if (delivered.length > 0) await client.query({ name: 'delivered', text: DELIVERED, values: [delivered] })
  for (const { row, failure } of failed) {
    const attempts = row.attempts + 1
    // Whoever is away for however long only delays: what is given up is what would never be taken.
    const isDead = failure.hopeless === true
    const told = { event: row.id, type: row.type, subject: row.subject, attempts, reason: failure.reason }
    if (isDead) log.error(told, 'event is a dead letter')
    else log.warn(told, 'event not delivered')
    const values = [row.position, isDead ? 'DEAD' : 'PENDING', failure.reason, pauseAfter(attempts, backoff)]
    await client.query({ name: 'undelivered', text: UNDELIVERED, values })
  }
}

function toCloudEvent(row: OutboxRow, subgraph: string): CloudEvent {
  return {
    specversion: '1.0',
    id: row.id,
    source: sourceOf(subgraph),
    type: row.type,
    subject: row.subject,
    time: row.created_at.toISOString(),
    datacontenttype: 'application/json',
    data: row.data,
    ...(row.trace_parent === null ? {} : { traceparent: row.trace_parent }),
    ...(row.request_id === null ? {} : { requestid: row.request_id }),
  }
}
