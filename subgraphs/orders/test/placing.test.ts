import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { stockRejected, stockReserved } from '@portico/events/contract'
import { eventually } from '@portico/testkit/eventually'
import { customer, support } from '@portico/testkit/viewers'
import { ADDRESS, startPlacingShop, type PlacingShop } from './placing.ts'

let shop: PlacingShop
const tent: string = randomUUID()
const mug: string = randomUUID()
beforeAll(async () => {
  shop = await startPlacingShop()
  await shop.stockUp({ variants: [{ id: tent, sku: 'TENT-1', price: '19900', weightGrams: 2400 }] })
  await shop.stockUp({ title: 'Mug', variants: [{ id: mug, sku: 'MUG-1', title: 'Mug, blue', price: '1250' }] })
})
afterAll(() => shop[Symbol.asyncDispose]())

const basket = [
  { variantId: tent, quantity: 1 },
  { variantId: mug, quantity: 2 },
]

async function countOf(table: string, where: string, value: unknown): Promise<number> {
  const { rows } = await shop.database.sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE ${where} = $1`,
    [value],
  )
  return rows[0]?.count ?? 0
}

describe('a quote', () => {
  it('prices the lines by the copy of the catalogue, and shipping by weight and country', async () => {
    expect(await shop.quote(basket)).toEqual({
      __typename: 'OrderQuote',
      lines: [
        {
          sku: 'TENT-1',
          title: 'Tent, Green',
          quantity: 1,
          unitPrice: { amount: '199.00' },
          lineTotal: { amount: '199.00' },
          variant: { id: tent },
        },
        {
          sku: 'MUG-1',
          title: 'Mug, blue',
          quantity: 2,
          unitPrice: { amount: '12.50' },
          lineTotal: { amount: '25.00' },
          variant: { id: mug },
        },
      ],
      subtotal: { amount: '224.00' },
      shipping: { amount: '6.90' },
      total: { amount: '230.90' },
    })
    expect(await shop.quote(basket, 'US')).toMatchObject({ shipping: { amount: '34.90' } })
  })

  it('says everything that is wrong with the lines', async () => {
    const draft = randomUUID()
    await shop.stockUp({ status: 'DRAFT', variants: [{ id: draft }] })
    const quantities = [{ variantId: tent, quantity: 0 }, { variantId: mug, quantity: 1000 }, ...basket]
    const issuesOf = async (lines: typeof basket, country?: string) => (await shop.quote(lines, country)).issues
    expect(await issuesOf([])).toEqual([{ path: ['input', 'lines'], message: 'must be at least one' }])
    expect(await issuesOf(quantities, 'Germany')).toEqual([
      { path: ['input', 'lines', '0', 'quantity'], message: 'must be at least 1' },
      { path: ['input', 'lines', '1', 'quantity'], message: 'must be at most 999' },
      { path: ['input', 'lines', '2', 'variantId'], message: 'is given twice' },
      { path: ['input', 'lines', '3', 'variantId'], message: 'is given twice' },
      { path: ['input', 'countryCode'], message: 'must be an ISO 3166 country code such as DE' },
    ])
    const notForSale = [randomUUID(), draft, 'no id'].map((variantId) => ({ variantId, quantity: 1 }))
    expect(await issuesOf(notForSale)).toEqual(
      notForSale.map((_, index) => ({
        path: ['input', 'lines', String(index), 'variantId'],
        message: 'is not for sale',
      })),
    )
    expect(await issuesOf([{ variantId: tent, quantity: 14 }])).toEqual([
      { path: ['input', 'lines'], message: 'weighs 33600 g, which no parcel to DE holds' },
    ])
  })
})

describe('placing an order', () => {
  it('answers at once with a pending order, and asks for its stock', async () => {
    const viewer = customer()
    const order = await shop.place({ viewer, lines: basket, address: { ...ADDRESS, line2: ' Back house ' } })
    expect(order).toMatchObject({
      __typename: 'Order',
      status: 'PENDING',
      statusReason: null,
      version: 1,
      number: expect.stringMatching(/^P-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$/),
      total: { amount: '230.90' },
      lines: [
        { sku: 'TENT-1', quantity: 1 },
        { sku: 'MUG-1', quantity: 2 },
      ],
      shippingAddress: { ...ADDRESS, line2: 'Back house', region: null },
      history: [{ from: null, to: 'PENDING', actor: 'CUSTOMER', reason: null }],
    })
    await eventually(async () => shop.products.heard.some(({ subject }) => subject === order.id))
    expect(shop.products.heard.find(({ subject }) => subject === order.id)).toMatchObject({
      type: 'portico.order.placed.v1',
      source: '/portico/orders',
      requestid: expect.any(String),
      data: {
        orderId: order.id,
        lines: [
          { variantId: tent, sku: 'TENT-1', quantity: 1 },
          { variantId: mug, sku: 'MUG-1', quantity: 2 },
        ],
      },
    })
  })

  it('becomes confirmed when its stock is reserved, once for however many repeats, and says so', async () => {
    const { id } = await shop.place({ lines: basket })
    const reserved = await shop.products.tell(stockReserved, id, { orderId: id })
    await shop.products.again(reserved)
    await shop.products.tell(stockReserved, id, { orderId: id })
    const confirmed = await shop.untilStatus(id, 'CONFIRMED')
    expect(confirmed.history).toEqual([
      { from: null, to: 'PENDING', actor: 'CUSTOMER', reason: null },
      { from: 'PENDING', to: 'CONFIRMED', actor: 'SYSTEM', reason: null },
    ])
    await eventually(async () => shop.products.heard.filter(({ subject }) => subject === id).length === 2)
    expect(shop.products.heard.filter(({ subject }) => subject === id).map(({ type }) => type)).toEqual([
      'portico.order.placed.v1',
      'portico.order.confirmed.v1',
    ])
  })

  it('becomes rejected when there is too little, with a reason that names what', async () => {
    const { id } = await shop.place({ lines: basket })
    await shop.products.tell(stockRejected, id, {
      orderId: id,
      shortages: [
        { sku: 'TENT-1', wanted: 1 },
        { sku: 'MUG-1', wanted: 2 },
      ],
    })
    expect(await shop.untilStatus(id, 'REJECTED')).toMatchObject({
      statusReason: 'Out of stock: TENT-1, MUG-1.',
      history: [{}, { from: 'PENDING', to: 'REJECTED', actor: 'SYSTEM', reason: 'Out of stock: TENT-1, MUG-1.' }],
    })
  })

  it('places one order for a key, however often and concurrently it is asked to', async () => {
    const viewer = customer()
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 6 }, () => shop.place({ viewer, key, lines: basket })))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(await countOf('"order"', 'customer_id', viewer.id)).toBe(1)
    // The same key of somebody else, or of another day, is another key.
    const other = await shop.place({ key, lines: basket })
    expect(other.id).not.toBe(answers[0]?.id)
    expect(await shop.place({ viewer, key, lines: basket.slice(0, 1) })).toMatchObject({
      __typename: 'IdempotencyMismatchError',
    })
  })

  it('is refused when the total is not what the customer saw, and the key is left for another try', async () => {
    const viewer = customer()
    const key = randomUUID()
    expect(await shop.place({ viewer, key, lines: basket, expectedTotal: '230.80' })).toMatchObject({
      __typename: 'PriceChangedError',
      code: 'PRICE_CHANGED',
      currentTotal: { amount: '230.90' },
    })
    expect(await countOf('"order"', 'customer_id', viewer.id)).toBe(0)
    expect(await shop.place({ viewer, key, lines: basket, expectedTotal: '230.9' })).toMatchObject({
      status: 'PENDING',
    })
  })

  it('says everything that is wrong with the request', async () => {
    const { issues } = await shop.place({
      lines: [{ variantId: tent, quantity: -1 }],
      key: '',
      expectedTotal: '1.234',
      address: { ...ADDRESS, recipient: ' ', postalCode: 'x'.repeat(21), countryCode: 'de' },
    })
    expect(issues).toEqual([
      { path: ['input', 'lines', '0', 'quantity'], message: 'must be at least 1' },
      { path: ['input', 'shippingAddress', 'recipient'], message: 'must not be empty' },
      { path: ['input', 'shippingAddress', 'postalCode'], message: 'must be at most 20 characters' },
      { path: ['input', 'shippingAddress', 'countryCode'], message: 'must be an ISO 3166 country code such as DE' },
      { path: ['input', 'expectedTotal'], message: 'must be an amount of EUR' },
      { path: ['idempotencyKey'], message: 'must not be empty' },
    ])
  })

  it('is not for those whose account another shop keeps', async () => {
    const stranger = { ...customer(), id: 'auth0|5f7c8ec7c33c6c004bbafe82' }
    expect(await shop.place({ viewer: stranger, lines: basket })).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: [], message: 'Your account is not one of this shop.' }],
    })
  })
})

describe('an order that nobody confirms', () => {
  it('is rejected once its time is over, and stock that is reserved later changes nothing', async () => {
    const { id } = await shop.place({ lines: basket })
    shop.clock.now += 15 * 60_000 - 1000
    const younger = await shop.place({ lines: basket })
    shop.clock.now += 2000
    expect(await shop.untilStatus(id, 'REJECTED')).toMatchObject({
      statusReason: 'Stock was not confirmed in time.',
      history: [{}, { to: 'REJECTED', actor: 'SYSTEM' }],
    })
    await shop.products.tell(stockReserved, id, { orderId: id })
    expect(await shop.read(id)).toMatchObject({ status: 'REJECTED', version: 2 })
    await eventually(async () => shop.products.heard.filter(({ subject }) => subject === id).length === 2)
    expect(shop.products.heard.findLast(({ subject }) => subject === id)).toMatchObject({
      type: 'portico.order.closed.v1',
      data: { orderId: id, status: 'REJECTED' },
    })
    expect(await shop.read(younger.id)).toMatchObject({ status: 'PENDING' })
  })

  it('is not confirmed by stock that is reserved after its time, be it heard of before anybody looked', async () => {
    const { id } = await shop.place({ lines: basket })
    shop.clock.now += 15 * 60_000
    await shop.products.tell(stockReserved, id, { orderId: id })
    expect(await shop.read(id)).toMatchObject({ status: 'REJECTED', statusReason: 'Stock was not confirmed in time.' })
    await eventually(async () => shop.products.heard.filter(({ subject }) => subject === id).length === 2)
    expect(shop.products.heard.findLast(({ subject }) => subject === id)?.type).toBe('portico.order.closed.v1')
  })

  it('holds up no other that is expired, when it cannot be rejected', async () => {
    const stuck = await shop.place({ lines: basket })
    shop.clock.now += 1000
    const other = await shop.place({ lines: basket })
    const { sql } = shop.database
    await sql.query(`ALTER TABLE "order" ADD CONSTRAINT stuck CHECK (id <> '${stuck.id}' OR status = 'PENDING')`)
    shop.clock.now += 15 * 60_000
    await shop.untilStatus(other.id, 'REJECTED')
    expect(await shop.read(stuck.id)).toMatchObject({ status: 'PENDING' })
    expect(shop.logged()).toContainEqual(
      expect.objectContaining({ msg: 'expired order not rejected', order: stuck.id }),
    )
    await sql.query(`ALTER TABLE "order" DROP CONSTRAINT stuck`)
    await shop.untilStatus(stuck.id, 'REJECTED')
  })
})

describe('cancelling', () => {
  it('is the right of the customer while the order is pending or confirmed, with a reason', async () => {
    const viewer = customer()
    const { id } = await shop.place({ viewer, lines: basket })
    await shop.products.tell(stockReserved, id, { orderId: id })
    await shop.untilStatus(id, 'CONFIRMED')
    expect(await shop.cancel(viewer, { id, expectedVersion: 2, reason: ' Bought twice ' })).toMatchObject({
      __typename: 'Order',
      status: 'CANCELLED',
      statusReason: 'Bought twice',
      history: [{}, {}, { from: 'CONFIRMED', to: 'CANCELLED', actor: 'CUSTOMER', reason: 'Bought twice' }],
    })
    expect(await shop.cancel(viewer, { id, expectedVersion: 3 })).toMatchObject({
      __typename: 'InvalidTransitionError',
      from: 'CANCELLED',
      to: 'CANCELLED',
    })
    await eventually(async () => shop.products.heard.filter(({ subject }) => subject === id).length === 3)
    expect(shop.products.heard.findLast(({ subject }) => subject === id)?.data).toEqual({
      orderId: id,
      status: 'CANCELLED',
    })
  })

  it('is for staff, too, and for nobody else: to others the order is not there', async () => {
    const { id } = await shop.place({ lines: basket })
    expect(await shop.cancel(customer(), { id, expectedVersion: 1 })).toMatchObject({ __typename: 'NotFoundError' })
    expect(await shop.cancel(support(), { id, expectedVersion: 9 })).toMatchObject({
      __typename: 'ConflictError',
      currentVersion: 1,
    })
    expect(await shop.cancel(support(), { id, expectedVersion: 1 })).toMatchObject({
      status: 'CANCELLED',
      statusReason: null,
      history: [{}, { actor: 'STAFF' }],
    })
  })

  it('happens once when it races with the answer about its stock', async () => {
    const viewer = customer()
    const { id } = await shop.place({ viewer, lines: basket })
    await Promise.all([
      shop.products.tell(stockReserved, id, { orderId: id }),
      ...Array.from({ length: 4 }, () => shop.cancel(viewer, { id, expectedVersion: 1 })),
    ])
    const order = await shop.read(id)
    expect(['CONFIRMED', 'CANCELLED']).toContain(order.status)
    expect(order.history).toHaveLength(2)
    expect(order.version).toBe(2)
  })
})
