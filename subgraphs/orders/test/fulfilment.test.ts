import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestOrders, type TestOrders } from './orders-subgraph.ts'

let orders: TestOrders
beforeAll(async () => {
  orders = await startTestOrders()
})
afterAll(() => orders[Symbol.asyncDispose]())

interface Result {
  __typename: string
  id?: string
  status?: string
  version?: number
  trackingNumber?: string | null
  history?: { from: string | null; to: string; actor: string; at: string }[]
  code?: string
  message?: string
  currentVersion?: number
  from?: string
  to?: string
  issues?: { path: string[]; message: string }[]
}
const RESULT = `
  __typename
  ... on Order { id status version trackingNumber history { from to actor at } }
  ... on UserError { code message }
  ... on ConflictError { currentVersion }
  ... on InvalidTransitionError { from to }
  ... on ValidationError { issues { path message } }`

async function ship(id: string, expectedVersion: number, trackingNumber = 'JD014600006281', viewer = support()) {
  const { data, errors } = await orders.request<{ shipOrder: Result }>(
    `mutation ($id: ID!, $trackingNumber: String!, $expectedVersion: Int!) {
      shipOrder(id: $id, trackingNumber: $trackingNumber, expectedVersion: $expectedVersion) { ${RESULT} }
    }`,
    { id, trackingNumber, expectedVersion },
    viewer,
  )
  expect(errors).toEqual([])
  return data.shipOrder
}

async function deliver(id: string, expectedVersion: number, viewer = support()) {
  const { data, errors } = await orders.request<{ deliverOrder: Result }>(
    `mutation ($id: ID!, $expectedVersion: Int!) {
      deliverOrder(id: $id, expectedVersion: $expectedVersion) { ${RESULT} }
    }`,
    { id, expectedVersion },
    viewer,
  )
  expect(errors).toEqual([])
  return data.deliverOrder
}

/** What the database holds of an order. */
async function stored(id: string): Promise<unknown> {
  const { rows } = await orders.database.sql.query<Record<string, unknown>>(
    `SELECT status::text, version, tracking_number,
       (SELECT json_agg(e.to_status ORDER BY e.sequence) FROM order_event e WHERE e.order_id = o.id) AS history
     FROM "order" o WHERE id = $1`,
    [id],
  )
  return rows[0]
}

describe('shipping and delivering', () => {
  it('move a confirmed order on, step by step, and keep its history', async () => {
    const { id, version } = await orders.place({ status: 'CONFIRMED' })
    const before = Date.now()
    const shipped = await ship(id, version)
    expect(shipped).toMatchObject({
      __typename: 'Order',
      id,
      status: 'SHIPPED',
      version: 3,
      trackingNumber: 'JD014600006281',
      history: [
        { from: null, to: 'PENDING', actor: 'CUSTOMER' },
        { from: 'PENDING', to: 'CONFIRMED', actor: 'SYSTEM' },
        { from: 'CONFIRMED', to: 'SHIPPED', actor: 'STAFF' },
      ],
    })
    const delivered = await deliver(id, 3)
    expect(delivered).toMatchObject({
      __typename: 'Order',
      status: 'DELIVERED',
      version: 4,
      trackingNumber: 'JD014600006281',
      history: [...(shipped.history ?? []), { from: 'SHIPPED', to: 'DELIVERED', actor: 'STAFF' }],
    })
    const at = Date.parse(delivered.history?.at(-1)?.at ?? '')
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
    expect(await stored(id)).toEqual({
      status: 'DELIVERED',
      version: 4,
      tracking_number: 'JD014600006281',
      history: ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED'],
    })
  })

  it('remember who did it', async () => {
    const { id, version } = await orders.place()
    const clerk = support()
    await ship(id, version, 'TRACK', clerk)
    const { rows } = await orders.database.sql.query(
      `SELECT actor_id FROM order_event WHERE order_id = $1 AND to_status = 'SHIPPED'`,
      [id],
    )
    expect(rows).toEqual([{ actor_id: clerk.id }])
  })

  it('write nobody down for staff of another issuer', async () => {
    const { id, version } = await orders.place()
    const clerk = { ...support(), id: 'auth0|someone' }
    expect(await ship(id, version, 'TRACK', clerk)).toMatchObject({ __typename: 'Order', status: 'SHIPPED' })
    expect(await deliver(id, version + 1, clerk)).toMatchObject({ __typename: 'Order', status: 'DELIVERED' })
    const { rows } = await orders.database.sql.query(
      `SELECT to_status::text, actor::text, actor_id FROM order_event WHERE order_id = $1 AND sequence > 2 ORDER BY sequence`,
      [id],
    )
    expect(rows).toEqual([
      { to_status: 'SHIPPED', actor: 'STAFF', actor_id: null },
      { to_status: 'DELIVERED', actor: 'STAFF', actor_id: null },
    ])
  })

  it('show each step as it is when one request takes both', async () => {
    const { id } = await orders.place()
    const { data, errors } = await orders.request(
      `mutation ($id: ID!) {
        shipped: shipOrder(id: $id, trackingNumber: "TRACK", expectedVersion: 2) { ... on Order { status history { to } } }
        delivered: deliverOrder(id: $id, expectedVersion: 3) { ... on Order { status history { to } } }
      }`,
      { id },
      support(),
    )
    expect(errors).toEqual([])
    const steps = ['PENDING', 'CONFIRMED', 'SHIPPED'].map((to) => ({ to }))
    expect(data).toEqual({
      shipped: { status: 'SHIPPED', history: steps },
      delivered: { status: 'DELIVERED', history: [...steps, { to: 'DELIVERED' }] },
    })
  })

  it('answer NotFoundError for an order that is not there', async () => {
    for (const id of [randomUUID(), 'no id', '']) {
      const expected = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'There is no such order.' }
      expect(await ship(id, 1)).toEqual(expected)
      expect(await deliver(id, 1)).toEqual(expected)
    }
  })

  it('answer ConflictError with the current version when the order was changed meanwhile', async () => {
    const { id, version } = await orders.place({ status: 'CONFIRMED' })
    for (const stale of [version - 1, version + 1, -1, 2_147_483_647]) {
      expect(await ship(id, stale)).toMatchObject({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        currentVersion: version,
      })
      expect(await deliver(id, stale)).toMatchObject({ __typename: 'ConflictError', currentVersion: version })
    }
    expect(await stored(id)).toMatchObject({ status: 'CONFIRMED', version, history: ['PENDING', 'CONFIRMED'] })
  })

  it('answer InvalidTransitionError from every status that does not lead there', async () => {
    for (const [to, act, others] of [
      ['SHIPPED', ship, ['PENDING', 'REJECTED', 'SHIPPED', 'DELIVERED', 'CANCELLED']],
      ['DELIVERED', deliver, ['PENDING', 'CONFIRMED', 'REJECTED', 'DELIVERED', 'CANCELLED']],
    ] as const) {
      for (const status of others) {
        const { id, version } = await orders.place({ status })
        const unchanged = await stored(id)
        expect(await act(id, version)).toEqual({
          __typename: 'InvalidTransitionError',
          code: 'INVALID_TRANSITION',
          message: `An order that is ${status} can't become ${to}.`,
          from: status,
          to,
        })
        expect(await stored(id)).toEqual(unchanged)
      }
    }
  })

  it('take a tracking number of 4 to 60 printable characters, without the blanks around it', async () => {
    const { id, version } = await orders.place()
    for (const wrong of [
      '',
      'ABC',
      '    ABC    ',
      'x'.repeat(61),
      'TRA\nCK',
      'TRA\u0000CK',
      'TRA\u200bCK',
      'TRA\u2028CK',
    ]) {
      expect(await ship(id, version, wrong)).toEqual({
        __typename: 'ValidationError',
        code: 'VALIDATION_FAILED',
        message: 'The input has mistakes.',
        issues: [{ path: ['trackingNumber'], message: 'must be 4 to 60 printable characters' }],
      })
    }
    expect(await stored(id)).toMatchObject({ status: 'CONFIRMED', version, tracking_number: null })

    expect(await ship(id, version, '  1Z 999  ')).toMatchObject({ status: 'SHIPPED', trackingNumber: '1Z 999' })
    for (const right of ['ABCD', '🚚🚚🚚🚚', 'é'.repeat(60)]) {
      const other = await orders.place()
      expect(await ship(other.id, other.version, right)).toMatchObject({ __typename: 'Order', trackingNumber: right })
    }
  })
})

describe('many who ship one order at once', () => {
  it('let exactly one succeed, and tell the others of the conflict', async () => {
    const { id, version } = await orders.place({ status: 'CONFIRMED' })
    // Held back at the row, so that several have read the version before the first of them writes it.
    const { sql } = orders.database
    await sql.query('BEGIN')
    await sql.query('SELECT 1 FROM "order" WHERE id = $1 FOR UPDATE', [id])
    const shipping = Promise.all(Array.from({ length: 20 }, (_, index) => ship(id, version, `TRACK-${index + 1000}`)))
    await orders.database.untilSessionsWait(5)
    await sql.query('COMMIT')
    const results = await shipping
    const winners = results.filter(({ __typename }) => __typename === 'Order')
    expect(winners).toHaveLength(1)
    const losers = results.filter(({ __typename }) => __typename !== 'Order')
    expect(new Set(losers.map(({ __typename, currentVersion }) => `${__typename} ${currentVersion}`))).toEqual(
      new Set([`ConflictError ${version + 1}`]),
    )
    expect(await stored(id)).toEqual({
      status: 'SHIPPED',
      version: version + 1,
      tracking_number: winners[0]?.trackingNumber,
      history: ['PENDING', 'CONFIRMED', 'SHIPPED'],
    })
  })

  it('change nothing when the history can not be written', async () => {
    const { id, version } = await orders.place({ status: 'CONFIRMED' })
    const { sql } = orders.database
    await sql.query(`ALTER TABLE order_event ADD CONSTRAINT refuse CHECK (order_id <> '${id}' OR sequence < 3)`)
    const reply = await orders.request<{ shipOrder: Result | null }>(
      'mutation ($id: ID!) { shipOrder(id: $id, trackingNumber: "TRACK", expectedVersion: 2) { __typename } }',
      { id },
      support(),
    )
    await sql.query('ALTER TABLE order_event DROP CONSTRAINT refuse')
    expect(reply.data).toEqual({ shipOrder: null })
    expect(reply.errors).toMatchObject([
      { path: ['shipOrder'], message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ])
    expect(await stored(id)).toMatchObject({ status: 'CONFIRMED', version, tracking_number: null })
    expect(await ship(id, version)).toMatchObject({ __typename: 'Order', status: 'SHIPPED' })
  })
})

describe('who may ship and deliver', () => {
  it('is staff who fulfil orders, and nobody else, not even the owner', async () => {
    const owner = customer()
    const reader: SignedInViewer = { ...support(), scopes: ['orders:read'] }
    const { id } = await orders.place({ customerId: owner.id })
    for (const viewer of [undefined, owner, customer(), catalogManager(), reader]) {
      for (const mutation of [
        'shipOrder(id: $id, trackingNumber: "TRACK", expectedVersion: 2)',
        'deliverOrder(id: $id, expectedVersion: 2)',
      ]) {
        const reply = await orders.request(`mutation ($id: ID!) { ${mutation} { __typename } }`, { id }, viewer)
        const field = mutation.split('(')[0]
        expect(reply.data).toEqual({ [field ?? '']: null })
        expect(reply.errors).toMatchObject([{ path: [field], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
      }
    }
    expect(await stored(id)).toMatchObject({ status: 'CONFIRMED' })
  })

  it('includes staff who may not read orders: they get the order that they moved, and no other', async () => {
    const packer: SignedInViewer = { ...support(), scopes: ['orders:fulfil'] }
    const { id, version } = await orders.place()
    expect(await ship(id, version, 'TRACK', packer)).toMatchObject({
      __typename: 'Order',
      id,
      status: 'SHIPPED',
      version: 3,
    })
    const { data } = await orders.request('query ($id: ID!) { order(id: $id) { id } }', { id }, packer)
    expect(data).toEqual({ order: null })
  })
})
