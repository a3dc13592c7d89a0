import { createHash } from 'node:crypto'
import { verifyPassword } from '@portico/users/passwords'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { loadDemoData } from '../src/demo-data.ts'
import { DEMO_LOGINS, DEMO_PASSWORD } from '../src/demo-logins.ts'
import { generateDemoData } from '../src/demo/generate.ts'
import { count, createDatabases, type DemoDatabases, rowsOf } from './demo-databases.ts'

jest.setTimeout(60_000)

describe('the generator of the demo data', () => {
  it('makes the same rows on every run, ids and times included', () => {
    expect(hashOf(generateDemoData('a seed'))).toBe(hashOf(generateDemoData('a seed')))
  })

  it('makes another shop from another seed', () => {
    expect(hashOf(generateDemoData('a seed'))).not.toBe(hashOf(generateDemoData('another seed')))
  })

  it('makes ids that are UUIDs of version 4, each once', () => {
    const { users, products, orders } = generateDemoData('a seed')
    const tables = [
      users.user,
      users.address,
      products.product,
      products.productVariant,
      orders.order,
      orders.orderLine,
    ]
    const ids = tables.flat().map(({ id }) => id)
    expect(
      ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  })
})

function hashOf(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

describe('the loaded demo data', () => {
  const stack = new AsyncDisposableStack()
  let databases: DemoDatabases

  beforeAll(async () => {
    databases = stack.use(await createDatabases())
    await loadDemoData({ urls: databases.urls, log: () => undefined })
  })
  afterAll(() => stack.disposeAsync())

  const inUsers = (statement: string) => count(databases.users, statement)
  const inProducts = (statement: string) => count(databases.products, statement)
  const inOrders = (statement: string) => count(databases.orders, statement)

  it('has the promised numbers of everything', async () => {
    expect({
      users: await inUsers('SELECT count(*) FROM "user"'),
      categories: await inProducts('SELECT count(*) FROM category'),
      products: await inProducts('SELECT count(*) FROM product'),
      variants: await inProducts('SELECT count(*) FROM product_variant'),
      orders: await inOrders('SELECT count(*) FROM "order"'),
    }).toEqual({ users: 50, categories: 20, products: 500, variants: 1_201, orders: 2_000 })
  })

  it('fixes EUR as the currency of the shop', async () => {
    const statement = `SELECT count(*) FROM shop_setting WHERE name = 'currency' AND value = 'EUR'`
    expect([await inProducts(statement), await inOrders(statement)]).toEqual([1, 1])
  })

  describe('users', () => {
    it('has the known logins, whose password is the published one', async () => {
      const users = await rowsOf<{ email: string; hash: string }>(
        databases.users,
        `SELECT email, display_name AS "displayName", role, plan, password_hash AS hash FROM "user"`,
      )
      expect(users).toEqual(expect.arrayContaining(DEMO_LOGINS.map((login) => expect.objectContaining(login))))
      const [hash, ...others] = new Set(users.map((user) => user.hash))
      expect(others).toEqual([])
      expect(await verifyPassword(hash, DEMO_PASSWORD)).toBe(true)
      expect(await verifyPassword(hash, `${DEMO_PASSWORD}!`)).toBe(false)
    })

    it('has a known login for each role, and for customers for each plan', () => {
      expect(new Set(DEMO_LOGINS.map(({ role }) => role)).size).toBe(4)
      expect(new Set(DEMO_LOGINS.filter(({ role }) => role === 'CUSTOMER').map(({ plan }) => plan)).size).toBe(3)
    })

    it('compares emails in their own form and gives everybody an address', async () => {
      expect(await inUsers(`SELECT count(*) FROM "user" WHERE email_key <> lower(normalize(email, NFKC))`)).toBe(0)
      expect(await inUsers(`SELECT count(DISTINCT user_id) FROM address`)).toBe(50)
    })
  })

  describe('products', () => {
    it('stands in categories of two levels', async () => {
      expect(await inProducts('SELECT count(*) FROM category WHERE parent_id IS NULL')).toBe(5)
      expect(
        await inProducts(
          `SELECT count(DISTINCT p.category_id) FROM product p JOIN category c ON c.id = p.category_id
           JOIN category parent ON parent.id = c.parent_id WHERE parent.parent_id IS NULL`,
        ),
      ).toBe(15)
    })

    it('has most products active, and some drafts and archived ones', async () => {
      const ofStatus = (status: string) => inProducts(`SELECT count(*) FROM product WHERE status = '${status}'`)
      expect(await ofStatus('ACTIVE')).toBeGreaterThan(400)
      expect(await ofStatus('DRAFT')).toBeGreaterThan(20)
      expect(await ofStatus('ARCHIVED')).toBeGreaterThan(20)
    })

    it('keeps the lowest and highest price of the variants with each product', async () => {
      expect(
        await inProducts(
          `SELECT count(*) FROM product p
           LEFT JOIN (SELECT product_id, min(price), max(price) FROM product_variant GROUP BY 1) v ON v.product_id = p.id
           WHERE (p.min_price, p.max_price) IS DISTINCT FROM (v.min, v.max)`,
        ),
      ).toBe(0)
    })

    it('is found by the words of its titles', async () => {
      const found = `search_text @@ websearch_to_tsquery('simple', 'lamp')`
      expect(await inProducts(`SELECT count(*) FROM product WHERE ${found} AND title LIKE '%Lamp%'`)).toBeGreaterThan(
        10,
      )
    })
  })

  describe('stock', () => {
    it('adds up: available + reserved + sold is the sum of the adjustments', async () => {
      expect(
        await inProducts(
          `SELECT count(*) FROM product_variant v LEFT JOIN inventory i ON i.variant_id = v.id
           LEFT JOIN (SELECT variant_id, sum(delta) FROM inventory_adjustment GROUP BY 1) a ON a.variant_id = v.id
           WHERE i.available + i.reserved + i.sold IS DISTINCT FROM a.sum`,
        ),
      ).toBe(0)
    })

    it('begins with a first delivery when the product is made', async () => {
      expect(
        await inProducts(
          `SELECT count(*) FROM product_variant v JOIN product p ON p.id = v.product_id
           JOIN LATERAL (SELECT * FROM inventory_adjustment WHERE variant_id = v.id ORDER BY created_at LIMIT 1) a ON true
           WHERE a.created_at = p.created_at AND a.delta > 0`,
        ),
      ).toBe(1_201)
    })

    it('counts as reserved and sold what reservations say', async () => {
      expect(
        await inProducts(
          `SELECT count(*) FROM inventory i LEFT JOIN (
             SELECT variant_id, sum(quantity) FILTER (WHERE state = 'HELD') AS held,
               sum(quantity) FILTER (WHERE state = 'SOLD') AS sold
             FROM stock_reservation GROUP BY 1) r USING (variant_id)
           WHERE (i.reserved, i.sold) IS DISTINCT FROM (coalesce(r.held, 0), coalesce(r.sold, 0))`,
        ),
      ).toBe(0)
    })

    it('has a reservation for each line of an order, as its status wants it', async () => {
      const expected = await rowsOf(
        databases.orders,
        `SELECT o.id || '/' || l.variant_id || '/' || l.quantity || '/' || CASE o.status
           WHEN 'PENDING' THEN 'HELD' WHEN 'CANCELLED' THEN 'RELEASED' ELSE 'SOLD' END AS reservation
         FROM "order" o JOIN order_line l ON l.order_id = o.id WHERE o.status <> 'REJECTED' ORDER BY 1`,
      )
      const found = await rowsOf(
        databases.products,
        `SELECT order_id || '/' || variant_id || '/' || quantity || '/' || state AS reservation
         FROM stock_reservation ORDER BY 1`,
      )
      expect(found).toEqual(expected)
    })

    it('has variants that are low and some that are out of stock', async () => {
      expect(await inProducts('SELECT count(*) FROM inventory WHERE available = 0')).toBeGreaterThan(20)
      expect(await inProducts('SELECT count(*) FROM inventory WHERE available BETWEEN 1 AND 5')).toBeGreaterThan(20)
    })
  })
})
