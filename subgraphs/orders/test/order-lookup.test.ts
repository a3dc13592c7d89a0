import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestOrders, type TestOrders } from './orders-subgraph.ts'

let orders: TestOrders
beforeAll(async () => {
  orders = await startTestOrders()
})
afterAll(() => orders[Symbol.asyncDispose]())

type Found = { order: { id: string; number: string } | null }
const byId = (id: string, viewer?: ReturnType<typeof customer>) =>
  orders.request<Found>('query ($id: ID!) { order(id: $id) { id number } }', { id }, viewer)
const byNumber = (number: string, viewer?: ReturnType<typeof customer>) =>
  orders.request<Found>('query ($number: String!) { order(number: $number) { id number } }', { number }, viewer)

const EVERYTHING = `
  __typename id number status statusReason customer { __typename id } trackingNumber placedAt version
  lines {
    __typename id quantity title sku unitPrice { amount currencyCode } lineTotal { amount currencyCode }
    variant { __typename id }
  }
  subtotal { __typename amount currencyCode } shipping { amount currencyCode } total { amount currencyCode }
  shippingAddress { __typename recipient line1 line2 city region postalCode countryCode }
  history { __typename at from to actor reason }`

describe('an order', () => {
  it('answers every field, its lines and its history in their order', async () => {
    const viewer = customer()
    const placedAt = new Date('2026-03-01T10:00:00.123Z')
    const order = await orders.place({
      customerId: viewer.id,
      status: 'SHIPPED',
      placedAt,
      line2: 'Third floor',
      lines: [
        { quantity: 3, unitPrice: 1999n },
        { quantity: 1, unitPrice: 5n },
        { quantity: 2, unitPrice: 12_000_000_000n },
      ],
    })
    const reply = await orders.request<{ order: { lines: { id: string }[] } }>(
      `query ($id: ID!) { order(id: $id) { ${EVERYTHING} } }`,
      { id: order.id },
      viewer,
    )
    expect(reply.errors).toEqual([])
    const eur = (amount: string) => ({ amount, currencyCode: 'EUR' })
    const line = (position: number, quantity: number, unitPrice: string, lineTotal: string) => ({
      __typename: 'OrderLine',
      id: expect.any(String),
      quantity,
      title: `Thing ${position}`,
      sku: `SKU-${position}`,
      unitPrice: eur(unitPrice),
      lineTotal: eur(lineTotal),
      variant: { __typename: 'ProductVariant', id: expect.any(String) },
    })
    expect(reply.data.order).toEqual({
      __typename: 'Order',
      id: order.id,
      number: order.number,
      status: 'SHIPPED',
      statusReason: null,
      customer: { __typename: 'User', id: viewer.id },
      trackingNumber: 'TRACK-0001',
      placedAt: '2026-03-01T10:00:00.123Z',
      version: 3,
      lines: [line(1, 3, '19.99', '59.97'), line(2, 1, '0.05', '0.05'), line(3, 2, '120000000.00', '240000000.00')],
      subtotal: { __typename: 'Money', ...eur('240000060.02') },
      shipping: eur('4.90'),
      total: eur('240000064.92'),
      shippingAddress: {
        __typename: 'ShippingAddress',
        recipient: 'Ada Lovelace',
        line1: 'Long Lane 1',
        line2: 'Third floor',
        city: 'Berlin',
        region: null,
        postalCode: '10115',
        countryCode: 'DE',
      },
      history: [
        {
          __typename: 'OrderEvent',
          at: '2026-03-01T10:00:00.123Z',
          from: null,
          to: 'PENDING',
          actor: 'CUSTOMER',
          reason: null,
        },
        {
          __typename: 'OrderEvent',
          at: '2026-03-01T10:01:00.123Z',
          from: 'PENDING',
          to: 'CONFIRMED',
          actor: 'SYSTEM',
          reason: null,
        },
        {
          __typename: 'OrderEvent',
          at: '2026-03-01T10:02:00.123Z',
          from: 'CONFIRMED',
          to: 'SHIPPED',
          actor: 'STAFF',
          reason: null,
        },
      ],
    })
  })

  it('says why it is closed', async () => {
    const viewer = customer()
    for (const [status, reason, actor] of [
      ['REJECTED', 'Out of stock.', 'SYSTEM'],
      ['CANCELLED', 'Changed my mind.', 'CUSTOMER'],
    ] as const) {
      const { id } = await orders.place({ customerId: viewer.id, status, region: 'Brandenburg' })
      const { data } = await orders.request(
        'query ($id: ID!) { order(id: $id) { status statusReason history { to actor reason } shippingAddress { region } } }',
        { id },
        viewer,
      )
      expect(data).toEqual({
        order: {
          status,
          statusReason: reason,
          history: [
            { to: 'PENDING', actor: 'CUSTOMER', reason: null },
            { to: status, actor, reason },
          ],
          shippingAddress: { region: 'Brandenburg' },
        },
      })
    }
  })

  it('keeps its own currency and that one’s decimals', async () => {
    const viewer = customer()
    for (const [currency, unitPrice, amount] of [
      ['JPY', '500', '1500'],
      ['KWD', '0.500', '1.500'],
    ] as const) {
      const { id } = await orders.place({
        customerId: viewer.id,
        currency,
        shipping: 0n,
        lines: [{ quantity: 3, unitPrice: 500n }],
      })
      const { data } = await orders.request(
        `query ($id: ID!) { order(id: $id) {
          total { amount currencyCode } lines { unitPrice { amount currencyCode } lineTotal { amount } }
        } }`,
        { id },
        viewer,
      )
      expect(data).toEqual({
        order: {
          total: { amount, currencyCode: currency },
          lines: [{ unitPrice: { amount: unitPrice, currencyCode: currency }, lineTotal: { amount } }],
        },
      })
    }
  })

  it('is found by its id or its number', async () => {
    const viewer = customer()
    const { id, number } = await orders.place({ customerId: viewer.id })
    expect((await byId(id, viewer)).data).toEqual({ order: { id, number } })
    expect((await byId(id.toUpperCase(), viewer)).data).toEqual({ order: { id, number } })
    expect((await byNumber(number, viewer)).data).toEqual({ order: { id, number } })
  })

  it('is found by its number as someone heard it on the phone', async () => {
    const viewer = customer()
    const { id } = await orders.place({ customerId: viewer.id })
    await orders.database.sql.query(`UPDATE "order" SET number = 'P-01AB-1Z' WHERE id = $1`, [id])
    for (const heard of [' p-01ab-1z ', 'P-OIAB-LZ', 'p olab iz']) {
      expect((await byNumber(heard, viewer)).data.order?.id).toBe(id)
    }
  })

  it('is asked for by exactly one of id and number', async () => {
    const viewer = customer()
    for (const args of ['', '(id: "x", number: "y")', '(id: null)', '(id: null, number: null)']) {
      const reply = await orders.request<Found>(`{ order${args} { id } }`, {}, viewer)
      expect(reply.data).toEqual({ order: null })
      expect(reply.errors).toMatchObject([
        { path: ['order'], message: 'Give exactly one of "id" and "number".', extensions: { code: 'BAD_USER_INPUT' } },
      ])
    }
    const { id } = await orders.place({ customerId: viewer.id })
    const reply = await orders.request<Found>('query ($id: ID) { order(id: $id, number: null) { id } }', { id }, viewer)
    expect(reply.data.order?.id).toBe(id)
  })
})

describe('who may read an order', () => {
  it('is its owner and staff; for anyone else there is none', async () => {
    const owner = customer()
    const { id, number } = await orders.place({ customerId: owner.id })
    for (const viewer of [owner, support()]) {
      expect((await byId(id, viewer)).data.order?.id).toBe(id)
      expect((await byNumber(number, viewer)).data.order?.id).toBe(id)
    }
    for (const viewer of [customer(), catalogManager()]) {
      for (const reply of [await byId(id, viewer), await byNumber(number, viewer)]) {
        expect(reply).toMatchObject({ data: { order: null }, errors: [] })
      }
    }
  })

  it('is nobody who has not signed in', async () => {
    const { id } = await orders.place()
    const reply = await byId(id)
    expect(reply.data).toEqual({ order: null })
    expect(reply.errors).toMatchObject([{ path: ['order'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
  })

  it('is checked as well when the gateway refers to the order by one of its keys', async () => {
    const owner = customer()
    const { id, number } = await orders.place({ customerId: owner.id })
    const references = [
      { __typename: 'Order', id },
      { __typename: 'Order', number },
    ]
    for (const [viewer, expected] of [
      [owner, { id, number }],
      [support(), { id, number }],
      [customer(), null],
      [catalogManager(), null],
      [undefined, null],
    ] as const) {
      const reply = await orders.entities(references, '... on Order { id number }', viewer)
      expect(reply.errors).toEqual([])
      expect(reply.data._entities).toEqual([expected, expected])
    }
  })
})

describe('an order that is not there', () => {
  it('is null, whether its key could exist or not', async () => {
    for (const id of ['00000000-0000-4000-8000-000000000000', 'no id at all', '', "'; DROP TABLE"]) {
      expect(await byId(id, support())).toMatchObject({ data: { order: null }, errors: [] })
    }
    for (const number of ['P-ZZZZ-ZZ', 'no number', '', '\u0000']) {
      expect(await byNumber(number, support())).toMatchObject({ data: { order: null }, errors: [] })
    }
  })

  it('is null among the entities', async () => {
    const { id } = await orders.place()
    const { data, errors } = await orders.entities(
      [
        { __typename: 'Order', id: 'no id' },
        { __typename: 'Order', id },
        { __typename: 'Order', number: 'P-ZZZZ-ZZ' },
      ],
      '... on Order { id }',
      support(),
    )
    expect(errors).toEqual([])
    expect(data._entities).toEqual([null, { id }, null])
  })
})
