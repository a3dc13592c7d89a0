import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { type DatabaseName, databaseNames, ensureDatabases, folderOf } from '../src/databases.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { migrate } from '../src/migrate.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

describe('what Prisma cannot say in the migrations', () => {
  const stack = new AsyncDisposableStack()
  let urls: Record<DatabaseName, string>

  beforeAll(async () => {
    const folder = join(stack.use(await createTemporaryFolder()).path, 'postgres')
    const server = stack.use(await startEmbeddedPostgres({ folder, log: silent, settings: fastSettings }))
    const passwords = { users: 'u', products: 'p', orders: 'o' }
    urls = await ensureDatabases(server.superuserUrl('postgres'), passwords)
    for (const name of databaseNames)
      await migrate({ url: urls[name], folder: join(folderOf(name), 'migrations'), log: silent })
  })
  afterAll(() => stack.disposeAsync())

  it('finds products by words of their title and description in any case and accent, titles first, also after an edit', async () => {
    await query(
      urls.products,
      `INSERT INTO product (slug, title, description, min_price, max_price, currency) VALUES
         ('a', 'Running Shoes', 'Für die Straße', 100, 200, 'EUR'),
         ('b', 'Socks', 'Go with every running shoe', 100, 200, 'EUR'),
         ('c', 'Hüttenschuhe', NULL, 100, 200, 'EUR')`,
    )
    const find = async (words: string) => {
      const rows = await query<{ slug: string }>(
        urls.products,
        `SELECT slug FROM product, (SELECT websearch_to_tsquery('simple', fold_text('${words}'))
           || websearch_to_tsquery('english', fold_text('${words}')) AS query) AS search
         WHERE search_text @@ query ORDER BY ts_rank(search_text, query) DESC`,
      )
      return rows.map(({ slug }) => slug)
    }
    expect(await find('shoe')).toEqual(['a', 'b'])
    expect(await find('run')).toEqual(['a', 'b'])
    expect(await find('straße')).toEqual(['a'])
    expect(await find('HUTTENSCHUHE')).toEqual(['c'])
    await query(urls.products, `UPDATE product SET title = 'Slippers' WHERE slug = 'c'`)
    expect(await find('hüttenschuhe')).toEqual([])
    expect(await find('slipper')).toEqual(['c'])
  })

  it('refuses amounts, stock and addresses that cannot be', async () => {
    const product = `(slug, title, min_price, max_price, currency) VALUES`
    const order = (shipping: number, total: number, country: string) =>
      `INSERT INTO "order" (number, customer_id, currency, subtotal, shipping, total, recipient, line1, city, postal_code,
         country_code) VALUES ('P1', gen_random_uuid(), 'EUR', 100, ${shipping}, ${total}, 'A', 'B', 'C', 'D', '${country}')`
    const refused: [DatabaseName, string, string][] = [
      ['products', `INSERT INTO product ${product} ('x', 'X', -1, 1, 'EUR')`, 'product_min_price_check'],
      ['products', `INSERT INTO product ${product} ('x', 'X', 2, 1, 'EUR')`, 'product_max_price_check'],
      ['products', `INSERT INTO product ${product} ('x', 'X', 1, 1, 'euro')`, 'product_currency_check'],
      ['products', `INSERT INTO inventory VALUES (gen_random_uuid(), -1)`, 'inventory_available_check'],
      ['products', `INSERT INTO inventory VALUES (gen_random_uuid(), 0, -1)`, 'inventory_reserved_check'],
      ['products', `INSERT INTO inventory VALUES (gen_random_uuid(), 0, 0, -1)`, 'inventory_sold_check'],
      [
        'products',
        `INSERT INTO category (slug, name, id, parent_id) SELECT 'x', 'X', id, id FROM gen_random_uuid() AS id`,
        'category_parent_id_check',
      ],
      ['orders', order(10, 100, 'DE'), 'order_total_check'],
      ['orders', order(10, 110, 'Germany'), 'order_country_code_check'],
      ['orders', `UPDATE shipping_rate SET price = -1`, 'shipping_rate_price_check'],
    ]
    for (const [database, statement, constraint] of refused)
      await expect(query(urls[database], statement)).rejects.toThrow(`violates check constraint "${constraint}"`)
    await query(urls.orders, order(10, 110, 'DE'))
  })

  it('knows a price for a parcel to every country, which grows with its weight', async () => {
    const rates = await query<{ code: string; prices: string[]; weights: number[] }>(
      urls.orders,
      `SELECT country_code AS code, array_agg(price ORDER BY max_weight_grams) AS prices,
              array_agg(max_weight_grams ORDER BY max_weight_grams) AS weights
       FROM shipping_rate GROUP BY country_code ORDER BY country_code`,
    )
    expect(rates.map(({ code }) => code)).toEqual(['*', 'AT', 'CH', 'DE', 'FR', 'GB', 'NL', 'US'])
    for (const { prices, weights } of rates) {
      expect(weights).toEqual([1_000, 5_000, 10_000, 31_500])
      expect(prices.map(Number)).toEqual(prices.map(Number).toSorted((one, other) => one - other))
    }
  })
})
