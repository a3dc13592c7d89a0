import { classifyDatabaseError, retryConflicts } from '@portico/service-kit/database-errors'
import type { Logger } from '@portico/service-kit/logger'
import { z } from 'zod'
import { BACKOFF, pauseAfter, type Backoff } from './backoff.ts'
import type { CloudEvent } from './cloud-event.ts'
import { EventDataError, type Cause, type EventType } from './event-type.ts'
import type { SqlDatabase, SqlTransaction } from './sql.ts'

/** What a subgraph does about one kind of event. */
export interface Handler<Transaction> {
  type: EventType
  handle: (tx: Transaction, data: unknown, cause: Cause) => Promise<void>
}

/**
 * What to do about a kind of event. `handle` runs in the transaction in which the inbox notes the event: both hold, or
 * neither does. Events of one subject may come in another order than they were sent in, and handlers run side by side:
 * what a handler does must not depend on it.
 */
export function handler<Transaction, Data>(
  type: EventType<Data>,
  handle: (tx: Transaction, data: Data, cause: Cause) => Promise<void>,
): Handler<Transaction> {
  return { type, handle: (tx, data, cause) => handle(tx, parseData(type, data), cause) }
}

function parseData<Data>(type: EventType<Data>, data: unknown): Data {
  const parsed = type.schema.safeParse(data)
  if (parsed.success) return parsed.data
  throw new EventDataError(`Not the data of ${type.name}: ${z.prettifyError(parsed.error)}`)
}

/** What came of an event that arrived. */
export type Reception = 'handled' | 'repeated' | 'kept'

/** What an inbox works with. */
export interface InboxOptions<Transaction extends SqlTransaction> {
  db: SqlDatabase<Transaction>
  handlers: readonly Handler<Transaction>[]
  log: Logger
  /** Default {@link BACKOFF}. */
  backoff?: Backoff
}

/** Where events arrive: each has its effect once, however often it comes. */
export interface Inbox {
  /**
   * Handles an event. One that its handler fails on is kept, and tried again by `retry`.
   *
   * @throws what the database throws while it can neither handle nor keep anything: it has to be sent again.
   */
  receive(event: CloudEvent): Promise<Reception>
  /** Tries the kept events that are due, and returns how many there were. */
  retry(): Promise<number>
}

interface KeptEvent {
  id: string
  source: string
  type: string
  data: unknown
  request_id: string | null
  trace_parent: string | null
  attempts: number
}

export function createInbox<Transaction extends SqlTransaction>(options: InboxOptions<Transaction>): Inbox {
  const { db, handlers, log, backoff = BACKOFF } = options
  const byName = new Map(handlers.map((one) => [one.type.name, one]))

  async function handle(tx: Transaction, { type, data, ...cause }: Pick<CloudEvent, 'type' | 'data'> & Cause) {
    const found = byName.get(type)
    if (!found) throw new EventDataError(`Nobody here handles ${type}: is another version running?`)
    await found.handle(tx, data, { requestid: cause.requestid, traceparent: cause.traceparent })
  }

  function receiveOnce(event: CloudEvent): Promise<Reception> {
    return db.$transaction(async (tx) => {
      // Waits for a concurrent delivery of the same event to end, and only then counts as the first or as a repeat.
      const isFirst = await tx.$executeRaw`
        INSERT INTO inbox_event (id, source, type, subject, request_id, trace_parent, sent_at, state, attempts, settled_at)
        VALUES (${event.id}::uuid, ${event.source}, ${event.type}, ${event.subject}, ${event.requestid ?? null},
          ${event.traceparent ?? null}, ${event.time}::timestamptz, 'DONE', 1, clock_timestamp())
        ON CONFLICT (id, source) DO NOTHING`
      if (isFirst === 0) return 'repeated'
      await handle(tx, event)
      return 'handled'
    })
  }

  async function keep(event: CloudEvent, failure: unknown): Promise<Reception> {
    const { state, reason, pauseMs } = judge(failure, 1, event)
    const isFirst = await db.$executeRaw`
      INSERT INTO inbox_event (id, source, type, subject, data, request_id, trace_parent, sent_at, state, attempts,
        last_error, next_attempt_at)
      VALUES (${event.id}::uuid, ${event.source}, ${event.type}, ${event.subject}, ${JSON.stringify(event.data)}::jsonb,
        ${event.requestid ?? null}, ${event.traceparent ?? null}, ${event.time}::timestamptz, ${state}::event_state, 1, ${reason},
        clock_timestamp() + make_interval(secs => ${pauseMs / 1000}::float8))
      ON CONFLICT (id, source) DO NOTHING`
    return isFirst === 0 ? 'repeated' : 'kept'
  }

  /** What becomes of an event that failed so many times. */
  function judge(failure: unknown, attempts: number, event: Pick<CloudEvent, 'id' | 'type'> & { subject?: string }) {
    const reason = failure instanceof Error ? failure.message : String(failure)
    const isDead = attempts >= backoff.attempts
    const told = { event: event.id, type: event.type, subject: event.subject, attempts }
    if (isDead) log.error({ ...told, err: failure }, 'event is a dead letter')
    else log.warn({ ...told, err: failure }, 'event not handled')
    return { state: isDead ? 'DEAD' : 'PENDING', reason, pauseMs: pauseAfter(attempts, backoff) } as const
  }

  /** Tries one kept event that is due; false when there is none. */
  async function retryOne(): Promise<boolean> {
    let tried: KeptEvent | undefined
    try {
      await db.$transaction(async (tx) => {
        const [row] = await tx.$queryRaw<KeptEvent[]>`
          SELECT id, source, type, data, request_id, trace_parent, attempts FROM inbox_event
          WHERE state = 'PENDING' AND next_attempt_at <= now()
          ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED`
        if (!row) return
        tried = row
        const cause = { requestid: row.request_id ?? undefined, traceparent: row.trace_parent ?? undefined }
        await handle(tx, { type: row.type, data: row.data, ...cause })
        await tx.$executeRaw`
          UPDATE inbox_event SET state = 'DONE', data = NULL, last_error = NULL, attempts = attempts + 1,
            settled_at = clock_timestamp()
          WHERE id = ${row.id}::uuid AND source = ${row.source}`
      })
    } catch (error) {
      if (!tried || isOutage(error)) throw error
      const { id, source, attempts } = tried
      const { state, reason, pauseMs } = judge(error, attempts + 1, tried)
      // Another process may have tried it meanwhile, and have had more success.
      await db.$executeRaw`
        UPDATE inbox_event SET state = ${state}::event_state, attempts = attempts + 1, last_error = ${reason},
          next_attempt_at = clock_timestamp() + make_interval(secs => ${pauseMs / 1000}::float8)
        WHERE id = ${id}::uuid AND source = ${source} AND state = 'PENDING'`
    }
    return tried !== undefined
  }

  return {
    async receive(event) {
      try {
        return await retryConflicts(() => receiveOnce(event))
      } catch (error) {
        if (isOutage(error)) throw error
        return keep(event, error)
      }
    },
    async retry() {
      let tried = 0
      while (await retryOne()) tried += 1
      return tried
    },
  }
}

/** Whether the database could not do its work, for which the event is not to blame. */
function isOutage(error: unknown): boolean {
  const kind = classifyDatabaseError(error)?.kind
  return kind === 'unavailable' || kind === 'timeout' || kind === 'conflict'
}
