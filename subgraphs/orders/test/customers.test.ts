import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { catalogManager, customer, support } from '@portico/testkit/viewers'
import { placeMany, startTestOrders, type TestOrders } from './orders-subgraph.ts'

let orders: TestOrders
beforeAll(async () => {
  orders = await startTestOrders()
})
afterAll(() => orders[Symbol.asyncDispose]())

interface Connection {
  nodes: Record<string, unknown>[]
  totalCount: number
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null }
}
const reference = (id: string) => ({ __typename: 'User', id })
const PAGE = 'nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage endCursor }'

async function ordersOf(ids: readonly string[], args: string, viewer = support()) {
  const field = `orders${args === '' ? '' : `(${args})`}`
  const { data, errors } = await orders.entities<{ orders: Connection }>(
    ids.map(reference),
    `... on User { ${field} { ${PAGE} } }`,
    viewer,
  )
  expect(errors).toEqual([])
  return data._entities.map((user) => user?.orders)
}

const at = (minute: number) => new Date(Date.parse('2026-02-01T00:00:00Z') + minute * 60_000)

describe('the orders of a customer', () => {
  it('are the customer’s own, newest first, each page beside those of others', async () => {
    const [ann, bob, eve] = [customer().id, customer().id, customer().id]
    const ofAnn = await placeMany(orders, 5, (index) => ({ customerId: ann, placedAt: at(index) }))
    const ofBob = await placeMany(orders, 2, () => ({ customerId: bob, placedAt: at(0) }))
    const newestOfAnn = ofAnn.map(({ id }) => ({ id })).toReversed()
    const newestOfBob = ofBob.map(({ id }) => ({ id })).toSorted((a, b) => (a.id < b.id ? 1 : -1))

    const pages = await ordersOf([ann, eve, bob, 'no id', ann.toUpperCase()], 'first: 3')
    expect(pages.map((page) => page?.nodes)).toEqual([
      newestOfAnn.slice(0, 3),
      [],
      newestOfBob,
      [],
      newestOfAnn.slice(0, 3),
    ])
    expect(pages.map((page) => page?.totalCount)).toEqual([5, 0, 2, 0, 5])
    expect(pages.map((page) => page?.pageInfo.hasNextPage)).toEqual([true, false, false, false, true])

    const [rest] = await ordersOf([ann], `first: 3, after: "${pages[0]?.pageInfo.endCursor}"`)
    expect(rest?.nodes).toEqual(newestOfAnn.slice(3))
    expect(rest?.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  })

  it('carry everything that an order has', async () => {
    const viewer = customer()
    const order = await orders.place({
      customerId: viewer.id,
      status: 'SHIPPED',
      line2: 'c/o',
      region: 'BE',
      placedAt: at(1),
    })
    const fields = `id number status statusReason trackingNumber placedAt version
      subtotal { amount currencyCode } shipping { amount } total { amount } customer { id }
      shippingAddress { recipient line1 line2 city region postalCode countryCode } lines { sku } history { to }`
    const direct = await orders.request<{ order: unknown }>(
      `query ($id: ID!) { order(id: $id) { ${fields} } }`,
      { id: order.id },
      viewer,
    )
    const { data, errors } = await orders.entities(
      [reference(viewer.id)],
      `... on User { orders { nodes { ${fields} } edges { node { ${fields} } } } }`,
      viewer,
    )
    expect(errors).toEqual([])
    expect(direct.data.order).toMatchObject({ number: order.number, placedAt: '2026-02-01T00:01:00.000Z' })
    expect(data._entities).toEqual([{ orders: { nodes: [direct.data.order], edges: [{ node: direct.data.order }] } }])
  })

  it('are walked without a gap or a repeat while the customer places more', async () => {
    const viewer = customer()
    const before = await placeMany(orders, 11, (index) => ({
      customerId: viewer.id,
      placedAt: at(Math.floor(index / 4)),
    }))
    const seen: unknown[] = []
    for (let after: string | null = null; ;) {
      const [page] = await ordersOf([viewer.id], `first: 3${after === null ? '' : `, after: "${after}"`}`, viewer)
      seen.push(...(page?.nodes.map(({ id }) => id) ?? []))
      if (!page?.pageInfo.hasNextPage) break
      after = page.pageInfo.endCursor
      await orders.place({ customerId: viewer.id })
    }
    expect(seen).toHaveLength(11)
    expect(new Set(seen)).toEqual(new Set(before.map(({ id }) => id)))
  })

  it('are listed and counted by status, several lists at once', async () => {
    const viewer = customer()
    for (const status of ['PENDING', 'SHIPPED', 'SHIPPED', 'REJECTED'] as const) {
      await orders.place({ customerId: viewer.id, status })
    }
    const { data } = await orders.entities(
      [reference(viewer.id)],
      `... on User {
        all: orders(first: 1) { nodes { __typename } totalCount }
        open: orders(status: PENDING) { nodes { status } totalCount }
        sent: orders(status: SHIPPED) { nodes { status } totalCount }
        gone: orders(status: CANCELLED) { nodes { status } totalCount }
        any: orders(status: null, first: 0) { nodes { status } totalCount }
      }`,
      viewer,
    )
    expect(data._entities).toEqual([
      {
        all: { nodes: [{ __typename: 'Order' }], totalCount: 4 },
        open: { nodes: [{ status: 'PENDING' }], totalCount: 1 },
        sent: { nodes: [{ status: 'SHIPPED' }, { status: 'SHIPPED' }], totalCount: 2 },
        gone: { nodes: [], totalCount: 0 },
        any: { nodes: [], totalCount: 4 },
      },
    ])
  })

  it('refuse a wrong page without harm to the fields beside it', async () => {
    const viewer = customer()
    for (const args of ['first: 101', 'first: -1', 'after: "nonsense"']) {
      const reply = await orders.entities(
        [reference(viewer.id)],
        `... on User { id orders(${args}) { nodes { id } } }`,
        viewer,
      )
      expect(reply.data._entities).toEqual([{ id: viewer.id, orders: null }])
      expect(reply.errors).toMatchObject([{ path: ['_entities', 0, 'orders'], extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})

describe('what a customer has spent', () => {
  const spendOf = async (ids: readonly string[], viewer = support()) => {
    const selection = '... on User { lifetimeSpend { amount currencyCode } }'
    const { data, errors } = await orders.entities<{ lifetimeSpend: unknown }>(ids.map(reference), selection, viewer)
    expect(errors).toEqual([])
    return data._entities.map((user) => user?.lifetimeSpend)
  }
  const eur = (amount: string) => ({ amount, currencyCode: 'EUR' })

  it('is the sum of confirmed, shipped and delivered orders in the shop’s currency', async () => {
    const [ann, bob] = [customer().id, customer().id]
    for (const [index, status] of (
      ['CONFIRMED', 'SHIPPED', 'DELIVERED', 'PENDING', 'REJECTED', 'CANCELLED'] as const
    ).entries()) {
      await orders.place({ customerId: ann, status, shipping: 1n, lines: [{ unitPrice: 10n ** BigInt(index + 1) }] })
    }
    await orders.place({ customerId: ann, currency: 'USD', lines: [{ unitPrice: 77_777n }] })
    await orders.place({ customerId: bob, shipping: 0n, lines: [{ quantity: 2, unitPrice: 1005n }] })
    expect(await spendOf([bob, ann, ann.toUpperCase()])).toEqual([eur('20.10'), eur('11.13'), eur('11.13')])
  })

  it('is zero, with the currency’s decimals, for someone who never bought', async () => {
    const viewer = customer()
    expect(await spendOf([viewer.id], viewer)).toEqual([eur('0.00')])
    expect(await spendOf(['no id'])).toEqual([eur('0.00')])
  })

  it('is exact beyond what a floating number can hold', async () => {
    const viewer = customer()
    for (let count = 0; count < 3; count += 1) {
      await orders.place({ customerId: viewer.id, shipping: 0n, lines: [{ unitPrice: 9_007_199_254_740_993n }] })
    }
    expect(await spendOf([viewer.id], viewer)).toEqual([eur('270215977642229.79')])
  })
})

describe('orders and spending', () => {
  const selection = '... on User { id orders { nodes { id } totalCount } lifetimeSpend { amount } }'

  it('answer the customer and staff who may read orders; for others they are null', async () => {
    const owner = customer()
    const order = await orders.place({ customerId: owner.id, shipping: 0n, lines: [{ unitPrice: 100n }] })
    const shown = {
      id: owner.id,
      orders: { nodes: [{ id: order.id }], totalCount: 1 },
      lifetimeSpend: { amount: '1.00' },
    }
    const hidden = { id: owner.id, orders: null, lifetimeSpend: null }
    for (const [viewer, expected] of [
      [owner, shown],
      [support(), shown],
      [customer(), hidden],
      [catalogManager(), hidden],
    ] as const) {
      const reply = await orders.entities([reference(owner.id)], selection, viewer)
      expect(reply.errors).toEqual([])
      expect(reply.data._entities).toEqual([expected])
    }
  })

  it('are read for those alone whom the viewer may read', async () => {
    const owner = customer()
    await orders.place({ customerId: owner.id })
    const ids = [customer().id, owner.id, customer().id]
    const { data } = await orders.entities<{ orders: unknown }>(
      ids.map(reference),
      '... on User { orders { totalCount } }',
      owner,
    )
    expect(data._entities.map((user) => user?.orders)).toEqual([null, { totalCount: 1 }, null])
  })

  it('need a signed-in viewer', async () => {
    const { id } = customer()
    const reply = await orders.entities([reference(id)], selection)
    expect(reply.data._entities).toEqual([{ id, orders: null, lifetimeSpend: null }])
    expect(reply.errors.map(({ path, extensions }) => [path?.at(-1), extensions['code']])).toEqual([
      ['orders', 'UNAUTHORIZED_FIELD_OR_TYPE'],
      ['lifetimeSpend', 'UNAUTHORIZED_FIELD_OR_TYPE'],
    ])
  })
})
