import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { loadDemoData } from '../src/demo-data.ts'
import { DEMO_DATE } from '../src/demo/calendar.ts'
import { count, createDatabases, type DemoDatabases, rowsOf } from './demo-databases.ts'

jest.setTimeout(60_000)

describe('the loaded demo data of orders', () => {
  const stack = new AsyncDisposableStack()
  let databases: DemoDatabases

  beforeAll(async () => {
    databases = stack.use(await createDatabases())
    await loadDemoData({ urls: databases.urls, log: () => undefined })
  })
  afterAll(() => stack.disposeAsync())

  const inOrders = (statement: string) => count(databases.orders, statement)

  describe('orders', () => {
    it('adds up, and has one to five lines with a variant once', async () => {
      expect(
        await inOrders(
          `SELECT count(*) FROM "order" o LEFT JOIN (
             SELECT order_id, sum(quantity * unit_price), count(*), count(DISTINCT variant_id) AS variants
             FROM order_line GROUP BY 1) l ON l.order_id = o.id
           WHERE o.subtotal IS DISTINCT FROM l.sum OR l.count NOT BETWEEN 1 AND 5 OR l.count <> l.variants`,
        ),
      ).toBe(0)
    })

    it('copies titles, skus and prices of variants that were on sale', async () => {
      const sold = await rowsOf(
        databases.orders,
        `SELECT DISTINCT variant_id AS id, sku, title, unit_price AS price FROM order_line`,
      )
      const onSale = `SELECT v.id, v.sku, v.title, v.price FROM product_variant v JOIN product p ON p.id = v.product_id
        WHERE p.status IN ('ACTIVE', 'ARCHIVED')`
      const known = new Set((await rowsOf(databases.products, onSale)).map((row) => JSON.stringify(row)))
      expect(sold.length).toBeGreaterThan(1_000)
      expect(sold.filter((row) => !known.has(JSON.stringify(row)))).toEqual([])
    })

    it('is sent at the rate of the country for the weight of all lines', async () => {
      const weights = await rowsOf(databases.products, `SELECT id, weight_grams AS grams FROM product_variant`)
      const wrong = await count(
        databases.orders,
        `SELECT count(*) FROM (
           SELECT o.*, (SELECT sum(l.quantity * w.grams) FROM order_line l
             JOIN json_to_recordset($1) AS w (id uuid, grams int) ON w.id = l.variant_id WHERE l.order_id = o.id) AS grams
           FROM "order" o) o
         WHERE o.shipping IS DISTINCT FROM (
           SELECT price FROM shipping_rate WHERE max_weight_grams >= o.grams AND country_code IN (o.country_code, '*')
           ORDER BY country_code = '*', max_weight_grams LIMIT 1)`,
        [JSON.stringify(weights)],
      )
      expect(wrong).toBe(0)
    })

    it('has numbers that can be read out on the phone', async () => {
      const readable = `number ~ '^P-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$'`
      expect(await inOrders(`SELECT count(*) FROM "order" WHERE ${readable}`)).toBe(2_000)
    })

    it('comes in every status, with a tracking number since it was shipped', async () => {
      const statuses = await rowsOf<{ status: string; shipped: boolean[] }>(
        databases.orders,
        `SELECT status, array_agg(DISTINCT tracking_number IS NOT NULL) AS shipped FROM "order" GROUP BY 1 ORDER BY 1`,
      )
      expect(statuses).toEqual([
        { status: 'PENDING', shipped: [false] },
        { status: 'CONFIRMED', shipped: [false] },
        { status: 'REJECTED', shipped: [false] },
        { status: 'SHIPPED', shipped: [true] },
        { status: 'DELIVERED', shipped: [true] },
        { status: 'CANCELLED', shipped: [false] },
      ])
    })

    it('was placed in the past year by customers who were there, at least twelve times by each known customer', async () => {
      const customers = await rowsOf<{ id: string; since: Date }>(
        databases.users,
        `SELECT id, created_at AS since FROM "user"`,
      )
      const since = new Map(customers.map((customer) => [customer.id, customer.since]))
      const orders = await rowsOf<{ customer: string; at: Date }>(
        databases.orders,
        `SELECT customer_id AS customer, placed_at AS at FROM "order"`,
      )
      expect(orders.filter(({ customer, at }) => !((since.get(customer) ?? DEMO_DATE) < at))).toEqual([])
      expect(Math.min(...orders.map(({ at }) => at.getTime()))).toBeGreaterThan(DEMO_DATE.getTime() - 366 * 86_400_000)
      const known = await rowsOf<{ id: string }>(
        databases.users,
        `SELECT id FROM "user" WHERE email IN ('free@example.com', 'pro@example.com', 'enterprise@example.com')`,
      )
      const fewest = Math.min(...known.map(({ id }) => orders.filter(({ customer }) => customer === id).length))
      expect(known.length).toBe(3)
      expect(fewest).toBeGreaterThanOrEqual(12)
    })
  })

  describe('histories', () => {
    it('leads from being placed to the status of the order, one version for each change', async () => {
      expect(
        await inOrders(
          `SELECT count(*) FROM "order" o JOIN (
             SELECT order_id, count(*), min(at) AS first, array_agg(to_status ORDER BY sequence) AS path,
               array_agg(sequence ORDER BY sequence) AS sequences, max(at) AS last,
               (array_agg(reason ORDER BY sequence DESC))[1] AS reason
             FROM order_event GROUP BY 1) h ON h.order_id = o.id
           WHERE h.path[h.count] = o.status AND h.count = o.version AND h.first = o.placed_at AND h.sequences[h.count] = h.count
             AND h.reason IS NOT DISTINCT FROM o.status_reason AND h.last <= '${DEMO_DATE.toISOString()}'`,
        ),
      ).toBe(2_000)
    })

    it('makes only the changes that there are, later each time, by who may make them', async () => {
      const changes = await rowsOf<{ change: string; wrong: number }>(
        databases.orders,
        `SELECT concat_ws(' ', "from", 'to', to_status, 'by', actor) AS change, count(*) FILTER (WHERE late)::int AS wrong
         FROM (SELECT *, from_status AS "from",
             lag(to_status) OVER w IS DISTINCT FROM from_status OR lag(at) OVER w >= at AS late
           FROM order_event WINDOW w AS (PARTITION BY order_id ORDER BY sequence)) e
         GROUP BY 1 ORDER BY 1`,
      )
      expect(changes).toEqual(
        [
          'CONFIRMED to CANCELLED by CUSTOMER',
          'CONFIRMED to CANCELLED by STAFF',
          'CONFIRMED to SHIPPED by STAFF',
          'PENDING to CANCELLED by CUSTOMER',
          'PENDING to CANCELLED by STAFF',
          'PENDING to CONFIRMED by SYSTEM',
          'PENDING to REJECTED by SYSTEM',
          'SHIPPED to DELIVERED by STAFF',
          'to PENDING by CUSTOMER',
        ].map((change) => ({ change, wrong: 0 })),
      )
    })

    it('says who acted, and why an order was rejected or cancelled', async () => {
      const staff = await rowsOf<{ id: string }>(
        databases.users,
        `SELECT id FROM "user" WHERE role IN ('SUPPORT', 'ADMIN')`,
      )
      const wrong = await count(
        databases.orders,
        `SELECT count(*) FROM order_event e JOIN "order" o ON o.id = e.order_id
         WHERE (e.reason IS NOT NULL) <> (e.to_status IN ('REJECTED', 'CANCELLED'))
           OR CASE e.actor WHEN 'CUSTOMER' THEN e.actor_id IS DISTINCT FROM o.customer_id
             WHEN 'SYSTEM' THEN e.actor_id IS NOT NULL ELSE NOT e.actor_id = ANY ($1) END`,
        [staff.map(({ id }) => id)],
      )
      expect(wrong).toBe(0)
    })
  })
})
