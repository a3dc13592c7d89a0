import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Pool, type PoolClient } from 'pg'
import type { Place } from './customers.ts'
import type { Variant } from './databases.ts'

/** A program that places orders with the statements of the subgraphs, and with nothing around them. */
export interface Baseline extends AsyncDisposable {
  place: Place
}

const POOL = 10

/**
 * The statements of the four transactions of an order, one per round trip, by the plain driver in one process: with no
 * GraphQL, no relay, no transport and no inbox to wait for. An order is confirmed when it is placed.
 */
export function createBaseline(urls: { orders: string; products: string }): Baseline {
  const pools = {
    orders: new Pool({ connectionString: urls.orders, max: POOL }),
    products: new Pool({ connectionString: urls.products, max: POOL }),
  }

  async function transaction(name: keyof typeof pools, run: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await pools[name].connect()
    try {
      await client.query('BEGIN')
      await run(client)
      await client.query('COMMIT')
    } finally {
      client.release()
    }
  }

  return {
    async place(customerId, lines) {
      const order = { id: randomUUID(), customerId, lines }
      await transaction('orders', (client) => insertOrder(client, order))
      await transaction('products', (client) => reserve(client, order))
      await transaction('orders', (client) => confirm(client, order))
      await transaction('products', (client) => sell(client, order))
      return order.id
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([pools.orders.end(), pools.products.end()])
    },
  }
}

interface Order {
  id: string
  customerId: string
  lines: readonly { variant: Variant; quantity: number }[]
}

const idsOf = ({ lines }: Order) => lines.map(({ variant }) => variant.id)

async function announce(client: PoolClient, type: string, order: Order): Promise<void> {
  const data = JSON.stringify({ orderId: order.id, lines: order.lines })
  await client.query(
    `INSERT INTO outbox_event (id, type, subject, data, state, attempts, settled_at)
     VALUES ($1, $2, $3, $4, 'DONE', 1, now())`,
    [randomUUID(), type, order.id, data],
  )
}

async function note(client: PoolClient, type: string, order: Order): Promise<void> {
  await client.query(
    `INSERT INTO inbox_event (id, source, type, subject, sent_at, state, attempts, settled_at)
     VALUES ($1, 'baseline', $2, $3, now(), 'DONE', 1, now()) ON CONFLICT (id, source) DO NOTHING`,
    [randomUUID(), type, order.id],
  )
}

async function insertOrder(client: PoolClient, order: Order): Promise<void> {
  const { id, customerId, lines } = order
  const hash = createHash('sha256').update(JSON.stringify(lines)).digest()
  await client.query(
    `INSERT INTO idempotency_record (viewer_id, key, input_hash, result_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [customerId, id, hash, id],
  )
  await client.query('SELECT * FROM catalogue_variant WHERE variant_id = ANY($1)', [idsOf(order)])
  await client.query(`SELECT * FROM shipping_rate WHERE country_code IN ('DE', '*') ORDER BY max_weight_grams`)
  const subtotal = 1999 * lines.length
  await client.query(
    `INSERT INTO "order" (id, number, customer_id, currency, subtotal, shipping, total, recipient, line1, city,
       postal_code, country_code, expires_at)
     VALUES ($1, $2, $3, 'EUR', $4::bigint, 490, $4::bigint + 490, 'Ada', 'Lane 1', 'Berlin', '10115', 'DE', now())`,
    [id, randomBytes(8).toString('hex'), customerId, subtotal],
  )
  await client.query(
    `INSERT INTO order_line (order_id, position, variant_id, sku, title, quantity, unit_price)
     SELECT $1, ordinality - 1, id, sku, 'Thing', 1, 1999
     FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS line (id, sku, ordinality)`,
    [id, idsOf(order), lines.map(({ variant }) => variant.sku)],
  )
  await client.query(
    `INSERT INTO order_event (order_id, sequence, to_status, actor, actor_id) VALUES ($1, 1, 'PENDING', 'CUSTOMER', $2)`,
    [id, customerId],
  )
  await announce(client, 'portico.order.placed.v1', order)
}

async function reserve(client: PoolClient, order: Order): Promise<void> {
  await note(client, 'portico.order.placed.v1', order)
  await client.query(`INSERT INTO stock_claim (order_id, state) VALUES ($1, 'HELD') ON CONFLICT DO NOTHING`, [order.id])
  await client.query('SELECT * FROM inventory WHERE variant_id = ANY($1) ORDER BY variant_id FOR UPDATE', [
    idsOf(order),
  ])
  await client.query(
    `WITH line AS (SELECT id FROM unnest($2::uuid[]) AS id), reservation AS (
       INSERT INTO stock_reservation (order_id, variant_id, quantity) SELECT $1, id, 1 FROM line
     )
     UPDATE inventory SET available = available - 1, reserved = reserved + 1 FROM line WHERE variant_id = line.id`,
    [order.id, idsOf(order)],
  )
  await announce(client, 'portico.stock.reserved.v1', order)
}

async function confirm(client: PoolClient, order: Order): Promise<void> {
  await note(client, 'portico.stock.reserved.v1', order)
  await client.query('SELECT * FROM "order" WHERE id = $1', [order.id])
  await client.query(
    `UPDATE "order" SET status = 'CONFIRMED', version = version + 1 WHERE id = $1 AND version = 1 RETURNING *`,
    [order.id],
  )
  await client.query(
    `INSERT INTO order_event (order_id, sequence, from_status, to_status, actor)
     VALUES ($1, 2, 'PENDING', 'CONFIRMED', 'SYSTEM')`,
    [order.id],
  )
  await announce(client, 'portico.order.confirmed.v1', order)
}

async function sell(client: PoolClient, order: Order): Promise<void> {
  await note(client, 'portico.order.confirmed.v1', order)
  await client.query(`UPDATE stock_claim SET state = 'SOLD' WHERE order_id = $1 AND state = 'HELD'`, [order.id])
  await client.query('SELECT FROM inventory WHERE variant_id = ANY($1) ORDER BY variant_id FOR UPDATE', [idsOf(order)])
  await client.query(
    `WITH moved AS (UPDATE stock_reservation SET state = 'SOLD' WHERE order_id = $1 RETURNING variant_id, quantity)
     UPDATE inventory SET reserved = reserved - moved.quantity, sold = sold + moved.quantity
     FROM moved WHERE inventory.variant_id = moved.variant_id`,
    [order.id],
  )
}
