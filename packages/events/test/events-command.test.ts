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

  it.each([
    [['replay'], 'Replay what: an id, or --all?'],
    [['replay', '--all', received], 'Replay what: an id, or --all?'],
    [['replay', 'first'], '"first" is no id of an event.'],
    [['forget'], 'There is no command "forget".'],
    [['--verbose'], 'Usage:'],
    [['--subgraph', 'users'], 'No subgraph "users" has events: orders have.'],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(runEventsCommand(stores, args)).rejects.toThrow(message)
  })
})
