import type { Logger } from '@portico/service-kit/logger'
import type { Pool, PoolClient } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { pauseAfter, type Backoff } from './backoff.ts'
import { sourceOf, type CloudEvent } from './cloud-event.ts'
import { shortened } from './reason.ts'
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
  /** Of an event that was not delivered. Default from 0.1 s to 10 s. */
  backoff?: Backoff
}

const BACKOFF: Backoff = { firstMs: 100, mostMs: 10_000 }

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
    let failures = 0
    while (!stop.signal.aborted) {
      const rung = wake.rung()
      try {
        const { sent, failed } = await sendBatch(options)
        failures = sent === 0 && failed > 0 ? failures + 1 : 0
        // While nothing arrives, each notification would have all that waits looked through once more.
        if (failures > 0) await pause(Math.min(sweepMs, pauseAfter(failures, options.backoff ?? BACKOFF)))
        else if (sent === 0 && !stop.signal.aborted) await wake.wait(rung, sweepMs)
      } catch (err) {
        log.warn({ err }, 'outbox not read')
        if (!stop.signal.aborted) await wake.wait(wake.rung(), sweepMs)
      }
    }
  }
  const pause = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)
  const running = Array.from({ length: lanes }, lane)

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      wake.ring()
      await Promise.all(running)
    },
  }
}

/** Sends the events that are due, and returns how many arrived, and how many did not. */
async function sendBatch({
  subgraph,
  pool,
  transport,
  batch = 100,
  backoff = BACKOFF,
  log,
}: RelayOptions): Promise<{ sent: number; failed: number }> {
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
    let failed = 0
    if (rows.length > 0) {
      const deliveries = await transport.send(rows.map((row) => toCloudEvent(row, subgraph)))
      failed = await settle(client, rows, { deliveries, backoff, log })
    }
    await client.query('COMMIT')
    return { sent: rows.length - failed, failed }
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
  UPDATE outbox_event AS event SET state = failed.state::event_state, attempts = event.attempts + 1,
    last_error = failed.reason, next_attempt_at = clock_timestamp() + make_interval(secs => failed.pause_ms / 1000),
    settled_at = CASE failed.state WHEN 'DEAD' THEN clock_timestamp() END
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[]) AS failed (position, state, reason, pause_ms)
  WHERE event.position = failed.position`

interface Settlement {
  deliveries: readonly Delivery[]
  backoff: Backoff
  log: Logger
}

/** Notes what came of each event, and returns how many did not arrive. */
async function settle(
  client: PoolClient,
  rows: readonly OutboxRow[],
  { deliveries, backoff, log }: Settlement,
): Promise<number> {
  const delivered: string[] = []
  const failed: { row: OutboxRow; failure: Undelivered }[] = []
  for (const [index, row] of rows.entries()) {
    const failure = deliveries[index]
    if (failure === undefined) delivered.push(row.position)
    else failed.push({ row, failure })
  }
  if (delivered.length > 0) await client.query({ name: 'delivered', text: DELIVERED, values: [delivered] })
  if (failed.length > 0) {
    const values = [
      failed.map(({ row }) => row.position),
      // Whoever is away for however long only delays: what is given up is what would never be taken.
      failed.map(({ failure }) => (failure.hopeless ? 'DEAD' : 'PENDING')),
      failed.map(({ failure }) => shortened(failure.reason)),
      failed.map(({ row }) => pauseAfter(row.attempts + 1, backoff)),
    ]
    await client.query({ name: 'undelivered', text: UNDELIVERED, values })
    logFailures(failed, log)
  }
  return failed.length
}

/** One line for each dead letter, and one for all that failed for the same reason and will be sent again. */
function logFailures(failed: readonly { row: OutboxRow; failure: Undelivered }[], log: Logger): void {
  const again = new Map<string, OutboxRow[]>()
  for (const { row, failure } of failed) {
    const { id: event, type, subject, request_id: requestId } = row
    if (failure.hopeless)
      log.error({ event, type, subject, requestId, reason: failure.reason }, 'event is a dead letter')
    else again.set(failure.reason, [...(again.get(failure.reason) ?? []), row])
  }
  for (const [reason, [first, ...others]] of again) {
    const attempts = (first?.attempts ?? 0) + 1
    log.warn(
      { reason, events: 1 + others.length, first: first?.id, requestId: first?.request_id, attempts },
      'events not delivered',
    )
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
