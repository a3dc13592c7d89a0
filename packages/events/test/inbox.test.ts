import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { MalformedEventError, type CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed } from '../src/contract.ts'
import { createInbox, handler, type Inbox } from '../src/inbox.ts'
import { pruneEvents } from '../src/retention.ts'
import type { SqlTransaction } from '../src/sql.ts'
import { readEventsState } from '../src/state.ts'
import { createEventsDatabase, type EventsDatabase } from './events-database.ts'
import { log } from './silent-log.ts'

const FAST = { firstMs: 1, mostMs: 5, attempts: 3 }

let events: EventsDatabase
/** What the handler does beside its effect, which is a row of `shop_setting`. */
let beside: (tx: SqlTransaction, orderId: string) => Promise<void>
let inbox: Inbox
beforeEach(async () => {
  events = await createEventsDatabase()
  beside = async () => undefined
  const note = handler(orderConfirmed, async (tx: SqlTransaction, { orderId }) => {
    await tx.$executeRaw`INSERT INTO shop_setting (name, value) VALUES (${randomUUID()}, ${orderId})`
    await beside(tx, orderId)
  })
  inbox = createInbox({ db: events.db, handlers: [note], log, backoff: FAST })
})
afterEach(async () => {
  await events[Symbol.asyncDispose]()
})

function confirmed(changes: Partial<CloudEvent> = {}): CloudEvent {
  const orderId = randomUUID()
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/portico/orders',
    type: orderConfirmed.name,
    subject: orderId,
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    data: { orderId },
    ...changes,
  }
}

/** How often the event had its effect. */
async function effects({ subject }: CloudEvent): Promise<number> {
  const { rowCount } = await events.database.sql.query('SELECT FROM shop_setting WHERE value = $1', [subject])
  return rowCount ?? 0
}

async function noted({ id }: CloudEvent) {
  const { rows } = await events.database.sql.query<Record<string, unknown>>(
    'SELECT state::text, attempts, data, last_error FROM inbox_event WHERE id = $1',
    [id],
  )
  return rows
}

/** Tries what is kept until nothing is due any more. */
const untilSettled = () =>
  eventually(async () => {
    await inbox.retry()
    return (await readEventsState(events.pool)).inbox.pending === 0
  })

describe('the inbox', () => {
  it('has an event handled once, however often it comes', async () => {
    const event = confirmed()
    expect(await inbox.receive(event)).toBe('handled')
    expect(await inbox.receive(event)).toBe('repeated')
    expect(await effects(event)).toBe(1)
    expect(await noted(event)).toEqual([{ state: 'DONE', attempts: 1, data: null, last_error: null }])
  })

  it('has it handled once, too, when it comes many times at once', async () => {
    const event = confirmed()
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => inbox.receive(event)))
    expect(outcomes.toSorted()).toEqual(['handled', ...Array<string>(7).fill('repeated')])
    expect(await effects(event)).toBe(1)
  })

  it('takes events with the same id from two sources for two', async () => {
    const event = confirmed()
    await inbox.receive(event)
    expect(await inbox.receive({ ...event, source: '/portico/users' })).toBe('handled')
    expect(await effects(event)).toBe(2)
  })

  it('keeps an event that its handler fails on, undoes what the handler did, and tries again', async () => {
    let failures = 2
    beside = async () => {
      failures -= 1
      if (failures >= 0) throw new Error('not today')
    }
    const event = confirmed()
    expect(await inbox.receive(event)).toBe('kept')
    expect(await effects(event)).toBe(0)
    expect(await noted(event)).toEqual([
      { state: 'PENDING', attempts: 1, data: { orderId: event.subject }, last_error: 'not today' },
    ])
    expect(await readEventsState(events.pool)).toMatchObject({ inbox: { pending: 1, failing: 1, dead: 0 } })

    await untilSettled()
    expect(await effects(event)).toBe(1)
    expect(await noted(event)).toEqual([{ state: 'DONE', attempts: 3, data: null, last_error: null }])
  })

  it('keeps it once when it is repeated meanwhile', async () => {
    beside = () => Promise.reject(new Error('not today'))
    const event = confirmed()
    expect(await inbox.receive(event)).toBe('kept')
    expect(await inbox.receive(event)).toBe('repeated')
    expect(await noted(event)).toHaveLength(1)
  })

  it('gives up in the end, and keeps the dead letter with its data', async () => {
    beside = () => Promise.reject(new Error('never'))
    const event = confirmed()
    await inbox.receive(event)
    await untilSettled()
    expect(await noted(event)).toEqual([
      { state: 'DEAD', attempts: 3, data: { orderId: event.subject }, last_error: 'never' },
    ])
    expect(await readEventsState(events.pool)).toMatchObject({ inbox: { pending: 0, dead: 1, lagSeconds: 0 } })
    await pruneEvents(events.db, Date.now() + 1e12)
    expect(await noted(event)).toHaveLength(1)
  })

  it('keeps what it does not know, and data of another version, for those who do', async () => {
    const unknown = confirmed({ type: 'portico.order.confirmed.v9' })
    const malformed = confirmed({ data: { order: 1 } })
    expect(await inbox.receive(unknown)).toBe('kept')
    expect(await inbox.receive(malformed)).toBe('kept')
    expect(await noted(unknown)).toMatchObject([{ last_error: expect.stringContaining('Nobody here handles') }])
    expect(await noted(malformed)).toMatchObject([{ last_error: expect.stringContaining('Not the data of') }])
  })

  it('keeps what takes too long, so that others do not wait behind it', async () => {
    const slow = confirmed()
    beside = async (tx, orderId) => {
      if (orderId !== slow.subject) return
      await tx.$executeRaw`SET LOCAL statement_timeout = 50`
      await tx.$executeRaw`SELECT pg_sleep(10)`
    }
    const other = confirmed()
    expect(await inbox.receive(slow)).toBe('kept')
    expect(await inbox.receive(other)).toBe('handled')
    await untilSettled()
    expect(await noted(slow)).toMatchObject([{ state: 'DEAD', last_error: expect.stringMatching(/timeout/) }])
  })

  it('blames no event for the time that it waited for a connection', async () => {
    const event = confirmed()
    const $transaction = () => Promise.reject(new Error('timeout exceeded when trying to connect'))
    const waiting = createInbox({ db: { ...events.db, $transaction }, handlers: [], log })
    await expect(waiting.receive(event)).rejects.toThrow('timeout exceeded')
    expect(await noted(event)).toEqual([])
  })

  it('gives nothing up for an error that nobody knows', async () => {
    const event = confirmed()
    const unknown = () => Promise.reject(new Error('the weather'))
    const broken = createInbox({ db: { ...events.db, $transaction: unknown, $executeRaw: unknown }, handlers: [], log })
    await expect(broken.receive(event)).rejects.toThrow('the weather')
  })

  it('says of what no database takes that it is no event', async () => {
    const event = confirmed({ data: { orderId: 'a\u0000b' } })
    await expect(inbox.receive(event)).rejects.toThrow(MalformedEventError)
    expect(await noted(event)).toHaveLength(0)
  })

  it('takes nothing while the database is away, so that the sender keeps the event', async () => {
    const event = confirmed()
    beside = async () => events.database.breakConnections()
    await expect(inbox.receive(event)).rejects.toThrow(/terminat|connection error/)
    beside = async () => undefined
    await eventually(async () => (await inbox.receive(event).catch(() => undefined)) === 'handled')
    expect(await effects(event)).toBe(1)
  })

  it('forgets however much there is, a part at a time', async () => {
    await events.database.sql.query(`
      INSERT INTO inbox_event (id, source, type, subject, sent_at, state, attempts, settled_at)
      SELECT gen_random_uuid(), 'somebody', 'type', 'subject', now(), 'DONE', 1, '2020-01-01' FROM generate_series(1, 5001)`)
    await pruneEvents(events.db, Date.now())
    const { rows } = await events.database.sql.query('SELECT FROM inbox_event')
    expect(rows).toHaveLength(0)
  })

  it('leaves what another replica is deleting to it, and does not wait for that', async () => {
    const { sql } = events.database
    await sql.query(`
      INSERT INTO inbox_event (id, source, type, subject, sent_at, state, attempts, settled_at)
      SELECT gen_random_uuid(), 'somebody', 'type', subject, now(), 'DONE', 1, '2020-01-01'
      FROM unnest(ARRAY['locked', 'free']) AS subject`)
    await sql.query(`
      INSERT INTO outbox_event (id, type, subject, data, state, attempts, settled_at)
      SELECT gen_random_uuid(), 'type', subject, '{}', 'DONE', 1, '2020-01-01'
      FROM unnest(ARRAY['locked', 'free']) AS subject`)
    await sql.query('BEGIN')
    for (const table of ['inbox_event', 'outbox_event']) {
      await sql.query(`SELECT FROM ${table} WHERE subject = 'locked' FOR UPDATE`)
    }
    await pruneEvents(events.db, Date.now())
    const left = await sql.query<{ subject: string }>(
      `SELECT subject FROM inbox_event WHERE settled_at = '2020-01-01'
       UNION ALL SELECT subject FROM outbox_event WHERE settled_at = '2020-01-01'`,
    )
    await sql.query('COMMIT')
    expect(left.rows.map(({ subject }) => subject)).toEqual(['locked', 'locked'])
    await pruneEvents(events.db, Date.now())
    const { rows } = await sql.query(`SELECT FROM outbox_event WHERE settled_at = '2020-01-01'`)
    expect(rows).toHaveLength(0)
  })

  it('forgets what was handled a month ago, and nothing younger', async () => {
    const event = confirmed()
    await inbox.receive(event)
    const days = (count: number) => Date.now() + count * 86_400_000
    await pruneEvents(events.db, days(29))
    expect(await noted(event)).toHaveLength(1)
    await pruneEvents(events.db, days(31))
    expect(await noted(event)).toHaveLength(0)
  })
})
