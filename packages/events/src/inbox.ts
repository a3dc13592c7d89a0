import { classifyDatabaseError, retryConflicts, type DatabaseFailure } from '@portico/service-kit/database-errors'
import type { Logger } from '@portico/service-kit/logger'
import { pauseAfter, type Backoff } from './backoff.ts'
import { MalformedEventError, type CloudEvent } from './cloud-event.ts'
import { checkData, EventDataError, type Cause, type EventType } from './event-type.ts'
import { reasonOf } from './reason.ts'
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
  return { type, handle: (tx, data, cause) => handle(tx, checkData(type, data), cause) }
}

/** What came of an event that arrived. */
export type Reception = 'handled' | 'repeated' | 'kept'

/** What an inbox works with. */
export interface InboxOptions<Transaction extends SqlTransaction> {
  db: SqlDatabase<Transaction>
  handlers: readonly Handler<Transaction>[]
  log: Logger
  /** Of an event that its handler failed on, and after how many times it is a dead letter. Default {@link BACKOFF}. */
  backoff?: Backoff & { attempts: number }
}

/** Fifty failures take half an hour or a little more. */
const BACKOFF = { firstMs: 100, mostMs: 60_000, attempts: 50 }

/** Where events arrive: each has its effect once, however often it comes. */
export interface Inbox {
  /**
   * Handles an event. One that its handler fails on, or takes too long for, is kept, and tried again by `retry`.
   *
   * @throws MalformedEventError when the database would never take it, and what the database throws while it can neither
   * handle nor keep anything: then it has to be sent again.
   */
  receive(event: CloudEvent): Promise<Reception>
  /** Tries the kept events that are due until `signal` aborts, and returns how many there were. */
  retry(signal?: AbortSignal): Promise<number>
}

/** What of an event counts here, be it as it came or as it was kept. */
interface Handled extends Pick<CloudEvent, 'id' | 'source' | 'type' | 'subject' | 'data'> {
  requestid?: string | null | undefined
  traceparent?: string | null | undefined
}

interface KeptEvent extends Handled {
  attempts: number
}

export function createInbox<Transaction extends SqlTransaction>(options: InboxOptions<Transaction>): Inbox {
  const { db, handlers, log, backoff = BACKOFF } = options
  const byName = new Map(handlers.map((one) => [one.type.name, one]))

  async function handle(tx: Transaction, { type, data, requestid, traceparent }: Handled) {
    const found = byName.get(type)
    if (!found) throw new EventDataError(`Nobody here handles ${type}: is another version running?`)
    await found.handle(tx, data, { requestid: requestid ?? undefined, traceparent: traceparent ?? undefined })
  }

  function receiveOnce(event: CloudEvent, progress: { isBegun: boolean }): Promise<Reception> {
    return db.$transaction(async (tx) => {
      // Waits for a concurrent delivery of the same event to end, and only then counts as the first or as a repeat.
      const isFirst = await tx.$executeRaw`
        INSERT INTO inbox_event (id, source, type, subject, request_id, trace_parent, sent_at, state, attempts, settled_at)
        VALUES (${event.id}::uuid, ${event.source}, ${event.type}, ${event.subject}, ${event.requestid ?? null},
          ${event.traceparent ?? null}, ${event.time}::timestamptz, 'DONE', 1, clock_timestamp())
        ON CONFLICT (id, source) DO NOTHING`
      if (isFirst === 0) return 'repeated'
      progress.isBegun = true
      await handle(tx, event)
      return 'handled'
    })
  }

  async function keep(event: CloudEvent, failure: unknown): Promise<Reception> {
    const { state, reason, pauseMs } = judge(failure, 1, event)
    const isFirst = await db.$executeRaw`
      INSERT INTO inbox_event (id, source, type, subject, data, request_id, trace_parent, sent_at, state, attempts,
        last_error, next_attempt_at, settled_at)
      VALUES (${event.id}::uuid, ${event.source}, ${event.type}, ${event.subject}, ${JSON.stringify(event.data)}::jsonb,
        ${event.requestid ?? null}, ${event.traceparent ?? null}, ${event.time}::timestamptz, ${state}::event_state, 1, ${reason},
        clock_timestamp() + make_interval(secs => ${pauseMs / 1000}::float8),
        CASE ${state} WHEN 'DEAD' THEN clock_timestamp() END)
      ON CONFLICT (id, source) DO NOTHING`
    return isFirst === 0 ? 'repeated' : 'kept'
  }

  /** What becomes of an event that failed so many times. */
  function judge(failure: unknown, attempts: number, event: Handled) {
    const reason = reasonOf(failure)
    const isDead = attempts >= backoff.attempts
    const { id, type, subject, requestid: requestId } = event
    const told = { event: id, type, subject, requestId, attempts }
    if (isDead) log.error({ ...told, err: failure }, 'event is a dead letter')
    else log.warn({ ...told, err: failure }, 'event not handled')
    return { state: isDead ? 'DEAD' : 'PENDING', reason, pauseMs: pauseAfter(attempts, backoff) } as const
  }

  /** Tries one kept event that is due; false when there is none. */
  async function retryOne(): Promise<boolean> {
    // Nobody else tries it meanwhile, and others come first if this process dies.
    const [kept] = await db.$queryRaw<KeptEvent[]>`
      UPDATE inbox_event SET next_attempt_at = clock_timestamp() + interval '30 seconds'
      WHERE (id, source) = (
        SELECT id, source FROM inbox_event WHERE state = 'PENDING' AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, source, type, subject, data, request_id AS requestid, trace_parent AS traceparent, attempts`
    if (!kept) return false
    const { id, source } = kept
    try {
      await db.$transaction(async (tx) => {
        const isLeft = await tx.$executeRaw`
          UPDATE inbox_event SET state = 'DONE', data = NULL, last_error = NULL, attempts = attempts + 1,
            settled_at = clock_timestamp()
          WHERE id = ${id}::uuid AND source = ${source} AND state = 'PENDING'`
        if (isLeft > 0) await handle(tx, kept)
      })
    } catch (error) {
      if (kindOf(error) === 'unavailable') throw error
      const { state, reason, pauseMs } = judge(error, kept.attempts + 1, kept)
      await db.$executeRaw`
        UPDATE inbox_event SET state = ${state}::event_state, attempts = attempts + 1, last_error = ${reason},
          next_attempt_at = clock_timestamp() + make_interval(secs => ${pauseMs / 1000}::float8),
          settled_at = CASE ${state} WHEN 'DEAD' THEN clock_timestamp() END
        WHERE id = ${id}::uuid AND source = ${source} AND state = 'PENDING'`
    }
    return true
  }

  return {
    async receive(event) {
      const progress = { isBegun: false }
      let failure: unknown
      try {
        return await retryConflicts(() => receiveOnce(event, progress))
      } catch (error) {
        // What never had its turn is not to blame.
        if (kindOf(error) === 'unavailable' || (kindOf(error) === 'timeout' && !progress.isBegun)) throw error
        failure = error
      }
      try {
        // A database that can keep it works: then it was not the database that took too long.
        return await keep(event, failure)
      } catch (error) {
        if (kindOf(error) !== 'data') throw error
        throw new MalformedEventError(`It can't be written down: ${reasonOf(error)}`, { cause: error })
      }
    },
    async retry(signal) {
      let tried = 0
      async function lane() {
        for (;;) {
          if (signal?.aborted || !(await retryOne())) return
          tried += 1
        }
      }
      // Several, so that one that takes long does not hold back all others.
      const lanes = await Promise.allSettled(Array.from({ length: RETRIES_AT_ONCE }, lane))
      for (const result of lanes) if (result.status === 'rejected') throw result.reason
      return tried
    },
  }
}

const RETRIES_AT_ONCE = 3

/** What went wrong in the database; undefined when it was something else. */
function kindOf(error: unknown): DatabaseFailure['kind'] | undefined {
  return classifyDatabaseError(error)?.kind
}
