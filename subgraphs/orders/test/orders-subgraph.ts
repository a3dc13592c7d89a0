import { randomInt, randomUUID } from 'node:crypto'
import { NO_EVENTS } from '@portico/events/config'
import { startTestSubgraph, type TestSubgraph } from '@portico/testkit/test-subgraph'
import { startOrders } from '../src/server.ts'

type Status = 'PENDING' | 'CONFIRMED' | 'REJECTED' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED'

/** What a test says of an order; the rest is made up. Amounts are minor units. */
export interface OrderSpec {
  customerId?: string
  status?: Status
  placedAt?: Date
  currency?: string
  shipping?: bigint
  line2?: string
  region?: string
  lines?: LineSpec[]
}

export interface LineSpec {
  variantId?: string
  quantity?: number
  unitPrice?: bigint
}

export interface PlacedOrder {
  id: string
  number: string
  customerId: string
  placedAt: Date
  version: number
}

export interface TestOrders extends TestSubgraph {
  /** Writes an order with its lines and a history that leads to its status. */
  place(spec?: OrderSpec): Promise<PlacedOrder>
}

/** How an order gets to a status: each step with who takes it and why. */
const PATHS: Readonly<Record<Status, readonly [to: Status, actor: string, reason: string | null][]>> = {
  PENDING: [['PENDING', 'CUSTOMER', null]],
  CONFIRMED: [
    ['PENDING', 'CUSTOMER', null],
    ['CONFIRMED', 'SYSTEM', null],
  ],
  REJECTED: [
    ['PENDING', 'CUSTOMER', null],
    ['REJECTED', 'SYSTEM', 'Out of stock.'],
  ],
  CANCELLED: [
    ['PENDING', 'CUSTOMER', null],
    ['CANCELLED', 'CUSTOMER', 'Changed my mind.'],
  ],
  SHIPPED: [
    ['PENDING', 'CUSTOMER', null],
    ['CONFIRMED', 'SYSTEM', null],
    ['SHIPPED', 'STAFF', null],
  ],
  DELIVERED: [
    ['PENDING', 'CUSTOMER', null],
    ['CONFIRMED', 'SYSTEM', null],
    ['SHIPPED', 'STAFF', null],
    ['DELIVERED', 'STAFF', null],
  ],
}

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** An order number that hardly any other order has. */
export function drawOrderNumber(): string {
  const symbols = Array.from({ length: 6 }, () => SYMBOLS.charAt(randomInt(SYMBOLS.length))).join('')
  return `P-${symbols.slice(0, 4)}-${symbols.slice(4)}`
}

/** The orders subgraph on a database of its own. */
export async function startTestOrders(shopCurrency = 'EUR'): Promise<TestOrders> {
  const orders = await startTestSubgraph('orders', (config, dependencies) =>
    startOrders({ subgraph: config, events: NO_EVENTS, shopCurrency, confirmWithinMs: 900_000 }, dependencies),
  )
  const { sql } = orders.database

  return {
    ...orders,
    async place(spec = {}) {
      const { customerId = randomUUID(), status = 'CONFIRMED', currency = 'EUR', shipping = 490n, lines = [{}] } = spec
      const path = PATHS[status]
      const order = { id: randomUUID(), number: drawOrderNumber(), customerId, version: path.length }
      const placedAt = spec.placedAt ?? new Date()
      const priced = lines.map(({ variantId = randomUUID(), quantity = 1, unitPrice = 1999n }) => ({
        variantId,
        quantity,
        unitPrice,
      }))
      const subtotal = priced.reduce((sum, { quantity, unitPrice }) => sum + BigInt(quantity) * unitPrice, 0n)
      await sql.query(
        `INSERT INTO "order" (id, number, customer_id, status, status_reason, currency, subtotal, shipping, total,
           recipient, line1, line2, city, region, postal_code, country_code, tracking_number, placed_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
           'Ada Lovelace', 'Long Lane 1', $10, 'Berlin', $11, '10115', 'DE', $12, $13, $14)`,
        [
          order.id,
          order.number,
          customerId,
          status,
          path.at(-1)?.[2] ?? null,
          currency,
          subtotal,
          shipping,
          subtotal + shipping,
          spec.line2 ?? null,
          spec.region ?? null,
          status === 'SHIPPED' || status === 'DELIVERED' ? 'TRACK-0001' : null,
          placedAt,
          order.version,
        ],
      )
      for (const [index, { variantId, quantity, unitPrice }] of priced.entries()) {
        await sql.query(
          `INSERT INTO order_line (order_id, position, variant_id, sku, title, quantity, unit_price)
           VALUES ($1, $2::int, $3, 'SKU-' || $2::int, 'Thing ' || $2::int, $4, $5)`,
          [order.id, index + 1, variantId, quantity, unitPrice],
        )
      }
      for (const [index, [to, actor, reason]] of path.entries()) {
        await sql.query(
          `INSERT INTO order_event (order_id, sequence, at, from_status, to_status, actor, reason)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [
            order.id,
            index + 1,
            new Date(placedAt.getTime() + index * 60_000),
            path[index - 1]?.[0] ?? null,
            to,
            actor,
            reason,
          ],
        )
      }
      return { ...order, placedAt }
    },
  }
}

/** Writes as many orders as asked, one after the other. */
export async function placeMany(
  orders: TestOrders,
  count: number,
  specOf: (index: number) => OrderSpec,
): Promise<PlacedOrder[]> {
  const placed: PlacedOrder[] = []
  for (let index = 0; index < count; index += 1) placed.push(await orders.place(specOf(index)))
  return placed
}
