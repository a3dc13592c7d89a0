import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { orderConfirmed } from '../src/contract.ts'
import { runEventsCommand, type EventStores } from '../src/events-command.ts'
import { announce } from '../src/outbox.ts'
import { createEventsDatabase, type EventsDatabase } from './events-database.ts'

let events: EventsDatabase
let stores: EventStores
const subject: string = randomUUID()
const received: string = randomUUID()
beforeAll(async () => {
  events = await createEventsDatabase()
  stores = { databases: { orders: events.database.url } }
  await events.db.$transaction((tx) => announce(tx, { type: orderConfirmed, subject, data: { orderId: subject } }))
  await events.database.sql.query(
    `UPDATE outbox_event SET state = 'DEAD', attempts = 50, last_error = 'products answered 400'`,
  )
  await events.database.sql.query(
    `INSERT INTO inbox_event (id, source, type, subject, data, sent_at, state, attempts, last_error)
     VALUES ($1, '/portico/products', 'portico.stock.reserved.v1', 'order', '{}', now(), 'DEAD', 50, 'no such order'),
       ($2, '/portico/products', 'portico.stock.reserved.v1', 'order', '{}', now(), 'PENDING', 2, 'later')`,
    [received, randomUUID()],
  )
})
afterAll(async () => {
  await events[Symbol.asyncDispose]()
})

const states = async () => {
  const { rows } = await events.database.sql.query<{ state: string; attempts: number }>(
    `SELECT state::text, attempts FROM outbox_event
     UNION ALL SELECT state::text, attempts FROM inbox_event WHERE id = '${received}'`,
  )
  return rows.map(({ state, attempts }) => [state, attempts])
}

describe('the command events', () => {
  it('shows how far the events of a subgraph are, and its dead letters with their reasons', async () => {
    const shown = await runEventsCommand(stores, [])
    expect(shown).toMatch(/orders {4}outbox {2}0 {8}0 {8}1 {5}0\.0 s/)
    expect(shown).toMatch(/orders {4}inbox {3}1 {8}1 {8}1 {5}\d+\.\d s/)
    expect(shown).toContain(`portico.order.confirmed.v1 of ${subject}`)
    expect(shown).toContain('50 attempts, the last: products answered 400')
    expect(shown).toContain('50 attempts, the last: no such order')
    expect(JSON.parse(await runEventsCommand(stores, ['--json']))).toMatchObject({
      orders: { outbox: { dead: 1 }, inbox: { pending: 1, failing: 1, dead: 1 }, deadLetters: [{}, {}] },
    })
  })

  it('has one dead letter tried again, or all of them', async () => {
    expect(await runEventsCommand(stores, ['replay', received])).toBe('1 to be tried again.')
    expect(await states()).toEqual([
      ['DEAD', 50],
      ['PENDING', 0],
    ])
    expect(await runEventsCommand(stores, ['replay', '--all'])).toBe('1 to be tried again.')
    expect(await states()).toEqual([
      ['PENDING', 0],
      ['PENDING', 0],
    ])
    expect(await runEventsCommand(stores, [])).toContain('No dead letters.')
    await expect(runEventsCommand(stores, ['replay', received])).rejects.toThrow(`There is no dead letter ${received}.`)
  })

  it('has what was delivered sent again: since when, of which type, and nothing else', async () => {
    const { sql } = events.database
    const placed = 'portico.order.placed.v1'
    await sql.query(
      `INSERT INTO outbox_event (id, type, subject, data, state, attempts, created_at, settled_at)
       SELECT gen_random_uuid(), type, name, '{}', state::event_state, 3, at::timestamptz, now()
       FROM (VALUES ('early', $1, 'DONE', '2026-11-23T09:59:59.999Z'), ('placed', $1, 'DONE', '2026-11-23T10:00:00Z'),
         ('confirmed', $2, 'DONE', '2026-11-23T10:00:01Z'), ('dead', $1, 'DEAD', '2026-11-23T10:00:01Z'))
         AS list (name, type, state, at)`,
      [placed, orderConfirmed.name],
    )
    const rows = async () => {
      const { rows: found } = await sql.query<{ row: string }>(
        `SELECT concat_ws(' ', subject, state, attempts, settled_at IS NULL, next_attempt_at <= now()) AS row
         FROM outbox_event WHERE subject IN ('early', 'placed', 'confirmed', 'dead') ORDER BY position`,
      )
      return found.map(({ row }) => row)
    }
    const since = ['--since', '2026-11-23T11:00:00+01:00']
    expect(await runEventsCommand(stores, ['resend', ...since, '--type', placed])).toBe('1 to be sent again.')
    const [early, dead] = ['early DONE 3 f t', 'dead DEAD 3 f t']
    expect(await rows()).toEqual([early, 'placed PENDING 0 t t', 'confirmed DONE 3 f t', dead])
    expect(await runEventsCommand(stores, ['resend', ...since, '--subgraph', 'orders'])).toBe('1 to be sent again.')
    expect(await rows()).toEqual([early, 'placed PENDING 0 t t', 'confirmed PENDING 0 t t', dead])
    expect(await runEventsCommand(stores, ['resend', ...since])).toBe('0 to be sent again.')
  })

  it.each([
    [['replay'], 'Replay what: an id, or --all?'],
    [['replay', '--all', received], 'Replay what: an id, or --all?'],
    [['replay', 'first'], '"first" is no id of an event.'],
    [['resend'], 'Resend since when? --since 2026-11-23T10:00:00Z'],
    [['resend', '--all'], 'Resend takes --since and no id.'],
    [['resend', received, '--since', '2026-11-23T10:00:00Z'], 'Resend takes --since and no id.'],
    [['resend', '--since', 'yesterday'], '"yesterday" is no time with a zone, such as 2026-11-23T10:00:00Z.'],
    [['resend', '--since', '2026-11-23T10:00:00'], '"2026-11-23T10:00:00" is no time with a zone'],
    [['resend', '--since', '2026-13-23T10:00:00Z'], '"2026-13-23T10:00:00Z" is no time'],
    [
      ['resend', '--since', '2026-11-23T10:00:00Z', '--type', 'order.placed'],
      '"order.placed" is no type of event: there are portico.order.placed.v1, ',
    ],
    [['replay', '--all', '--since', '2026-11-23T10:00:00Z'], '--since and --type are for resend.'],
    [['--type', 'portico.order.placed.v1'], '--since and --type are for resend.'],
    [['forget'], 'There is no command "forget".'],
    [['--verbose'], 'Usage:'],
    [['--subgraph', 'users'], 'No subgraph "users" has events: orders have.'],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(runEventsCommand(stores, args)).rejects.toThrow(message)
  })
})
