import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  cataloguePage,
  catalogueRequested,
  orderClosed,
  orderConfirmed,
  orderPlaced,
  type ProductData,
} from '@portico/events/contract'
import { startEventPeer, type EventPeer } from '@portico/testkit/event-peer'
import { eventually } from '@portico/testkit/eventually'
import { catalogManager } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
let orders: EventPeer
beforeAll(async () => {
  orders = await startEventPeer('orders', 'products')
  products = await startTestProducts('EUR', orders.config)
  orders.connect(products.url)
})
afterAll(async () => {
  await products[Symbol.asyncDispose]()
  await orders[Symbol.asyncDispose]()
})

interface Variant {
  id: string
  sku: string
}

/** A variant of which so much is available. */
async function stocked(available: number): Promise<Variant> {
  const { variants } = await products.add({ variants: [{ available }] })
  if (!variants[0]) throw new Error('A product has a variant.')
  return variants[0]
}

const line = ({ id, sku }: Variant, quantity: number) => ({ variantId: id, sku, quantity })

function place(orderId: string, ...lines: ReturnType<typeof line>[]) {
  return orders.tell(orderPlaced, orderId, { orderId, lines })
}
const confirm = (orderId: string) => orders.tell(orderConfirmed, orderId, { orderId })
const close = (orderId: string) => orders.tell(orderClosed, orderId, { orderId, status: 'CANCELLED' as const })

/** The stock of a variant: available, reserved, sold. */
async function stockOf({ id }: Variant): Promise<number[]> {
  const { rows } = await products.database.sql.query<{ available: number; reserved: number; sold: number }>(
    'SELECT available, reserved, sold FROM inventory WHERE variant_id = $1',
    [id],
  )
  return rows.flatMap(({ available, reserved, sold }) => [available, reserved, sold])
}

/** What orders were told of an order. */
async function answerTo(orderId: string) {
  await eventually(async () => orders.heard.some(({ subject }) => subject === orderId))
  const told = orders.heard.filter(({ subject }) => subject === orderId)
  expect(told).toHaveLength(1)
  return told[0]
}

describe('the stock of an order', () => {
  it('is reserved for all of its lines, once for however many deliveries', async () => {
    const [one, other] = [await stocked(5), await stocked(2)]
    const orderId = randomUUID()
    const placed = await place(orderId, line(one, 3), line(other, 2))
    await orders.again(placed)
    await place(orderId, line(one, 3), line(other, 2))
    expect([await stockOf(one), await stockOf(other)]).toEqual([
      [2, 3, 0],
      [0, 2, 0],
    ])
    expect(await answerTo(orderId)).toMatchObject({ type: 'portico.stock.reserved.v1', data: { orderId } })
  })

  it('is not reserved at all when there is too little of a line, or no such variant', async () => {
    const [plenty, scarce] = [await stocked(5), await stocked(1)]
    const gone: Variant = { id: randomUUID(), sku: 'GONE' }
    const orderId = randomUUID()
    await place(orderId, line(plenty, 1), line(scarce, 2), line(gone, 1))
    expect([await stockOf(plenty), await stockOf(scarce)]).toEqual([
      [5, 0, 0],
      [1, 0, 0],
    ])
    expect(await answerTo(orderId)).toMatchObject({
      type: 'portico.stock.rejected.v1',
      data: {
        shortages: [
          { sku: scarce.sku, wanted: 2 },
          { sku: 'GONE', wanted: 1 },
        ],
      },
    })
    // What was refused holds nothing that closing could give back.
    await close(orderId)
    expect(await stockOf(plenty)).toEqual([5, 0, 0])
  })

  it('is sold when the order is confirmed, and available again when it is cancelled after that, once', async () => {
    const variant = await stocked(5)
    const orderId = randomUUID()
    await place(orderId, line(variant, 2))
    await confirm(orderId)
    await confirm(orderId)
    expect(await stockOf(variant)).toEqual([3, 0, 2])
    const closed = await close(orderId)
    await orders.again(closed)
    await close(orderId)
    expect(await stockOf(variant)).toEqual([5, 0, 0])
    // Late, it sells nothing.
    await confirm(orderId)
    expect(await stockOf(variant)).toEqual([5, 0, 0])
  })

  it('is available again when the order is closed before it was confirmed', async () => {
    const variant = await stocked(5)
    const orderId = randomUUID()
    await place(orderId, line(variant, 2))
    await close(orderId)
    expect(await stockOf(variant)).toEqual([5, 0, 0])
    await confirm(orderId)
    expect(await stockOf(variant)).toEqual([5, 0, 0])
  })

  it('is never touched for an order whose closing arrives first', async () => {
    const variant = await stocked(5)
    const orderId = randomUUID()
    await close(orderId)
    await place(orderId, line(variant, 2))
    expect(await stockOf(variant)).toEqual([5, 0, 0])
    expect(orders.heard.filter(({ subject }) => subject === orderId)).toEqual([])
  })

  it('has room to come back, however much is added while it is held or sold', async () => {
    const most = 2_147_483_647
    const variant = await stocked(most)
    const [held, sold] = [randomUUID(), randomUUID()]
    await place(held, line(variant, 3))
    await place(sold, line(variant, 2))
    await confirm(sold)
    const { data } = await products.request<{ adjustInventory: { __typename: string } }>(
      `mutation ($sku: String!) {
        adjustInventory(sku: $sku, delta: 1, reason: "found", idempotencyKey: "k") {
          __typename ... on ValidationError { issues { message } }
        }
      }`,
      { sku: variant.sku },
      catalogManager(),
    )
    expect(data.adjustInventory).toEqual({
      __typename: 'ValidationError',
      issues: [{ message: 'makes more than 2147483647 of the 2147483647 that are available, held or sold' }],
    })
    await close(held)
    await close(sold)
    expect(await stockOf(variant)).toEqual([most, 0, 0])
  })

  it('goes to as many as there is for, whoever of many is first, and never below zero', async () => {
    const [one, other] = [await stocked(10), await stocked(10)]
    const ids = Array.from({ length: 30 }, () => randomUUID())
    await Promise.all(
      ids.map((orderId, index) => {
        const lines = [line(one, 1), line(other, 1)]
        return place(orderId, ...(index % 2 === 0 ? lines : lines.toReversed()))
      }),
    )
    expect([await stockOf(one), await stockOf(other)]).toEqual([
      [0, 10, 0],
      [0, 10, 0],
    ])
    const answers = await Promise.all(ids.map(answerTo))
    expect(answers.filter((event) => event?.type === 'portico.stock.reserved.v1')).toHaveLength(10)
  })
})

describe('a product', () => {
  const EDIT = `mutation ($input: UpdateProductInput!) {
    updateProduct(input: $input) { __typename ... on Product { version } }
  }`

  it('is told of when it changes, with all of its variants', async () => {
    const { id, variants } = await products.add({ title: 'Old', variants: [{ price: 500n }, { price: 700n }] })
    const input = { id, title: 'New', status: 'ARCHIVED', expectedVersion: 1 }
    await products.request(EDIT, { input }, catalogManager())
    expect(await answerTo(id)).toMatchObject({
      type: 'portico.product.changed.v1',
      requestid: expect.any(String),
      data: {
        productId: id,
        version: 2,
        status: 'ARCHIVED',
        title: 'New',
        variants: variants.map(({ id: variantId, sku }, index) => ({
          id: variantId,
          sku,
          price: ['500', '700'][index],
          currency: 'EUR',
        })),
      },
    })
    // A change that was refused is none.
    await products.request(EDIT, { input }, catalogManager())
    await answerTo(id)
  })

  it('is told of with all others to who asks for the catalogue, page by page', async () => {
    for (let count = 0; count < 60; count += 1) await products.add()
    const { id } = await products.add({ status: 'DRAFT', variants: [{ price: 123n }, { price: 456n }] })
    const requestId = randomUUID()
    const told: ProductData[] = []
    for (let after: string | null = null, pages = 1; ; pages += 1) {
      await orders.tell(catalogueRequested, requestId, { requestId, after })
      const heard = () => orders.heard.filter(({ subject }) => subject === requestId)
      await eventually(async () => heard().length === pages)
      const page = cataloguePage.schema.parse(heard().at(-1)?.data)
      expect(page).toMatchObject({ requestId, after })
      told.push(...page.products)
      after = page.upTo
      if (after === null) break
      expect(page.products.at(-1)?.productId).toBe(after)
    }
    expect(orders.heard.filter(({ subject }) => subject === requestId).length).toBeGreaterThan(1)
    const { rows } = await products.database.sql.query<{ id: string }>('SELECT id FROM product ORDER BY id')
    expect(told.map(({ productId }) => productId)).toEqual(rows.map((product) => product.id))
    expect(told.find(({ productId }) => productId === id)).toMatchObject({
      version: 1,
      status: 'DRAFT',
      variants: [{ price: '123' }, { price: '456' }],
    })
  })

  it('is all there is of the catalogue behind the last one', async () => {
    const requestId = randomUUID()
    const after = 'ffffffff-ffff-4fff-bfff-ffffffffffff'
    await orders.tell(catalogueRequested, requestId, { requestId, after })
    expect(await answerTo(requestId)).toMatchObject({ data: { requestId, after, upTo: null, products: [] } })
  })
})
