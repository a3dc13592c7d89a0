import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDatabases, folderOf } from '@portico/database/databases'
import { startEmbeddedPostgres } from '@portico/database/embedded-postgres'
import { migrate } from '@portico/database/migrate'
import { Client } from 'pg'

/** The databases of orders and products, with a catalogue that never runs out. */
export interface OrderDatabases extends AsyncDisposable {
  urls: { orders: string; products: string }
  variants: readonly Variant[]
  /** Runs a statement on one of them. */
  query<Row extends object>(name: 'orders' | 'products', sql: string, values?: unknown[]): Promise<Row[]>
}

export interface Variant {
  id: string
  sku: string
}

const PRODUCTS = 500
const PASSWORDS = { orders: 'orders', products: 'products' }

/** A real PostgreSQL with its usual settings: commits are durable. */
export async function startOrderDatabases(): Promise<OrderDatabases> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-orders-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  // Started by root, the server runs under another account, which has to get in.
  chmodSync(folder, 0o711)
  const settings = { max_connections: '200' }
  const server = stack.use(await startEmbeddedPostgres({ folder, log: () => undefined, settings }))
  const urls = await ensureDatabases(server.superuserUrl('postgres'), PASSWORDS)
  const clients = { orders: new Client(urls.orders), products: new Client(urls.products) }
  for (const name of ['orders', 'products'] as const) {
    await migrate({ url: urls[name], folder: join(folderOf(name), 'migrations'), log: () => undefined })
    await clients[name].connect()
    stack.defer(() => clients[name].end())
  }
  const variants = Array.from({ length: PRODUCTS }, (_, index) => ({ id: randomUUID(), sku: `SKU-${index}` }))
  await fill(clients, variants)

  const running = stack.move()
  return {
    urls,
    variants,
    query: async <Row extends object>(name: 'orders' | 'products', sql: string, values: unknown[] = []) =>
      (await clients[name].query<Row>(sql, values)).rows,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function fill(clients: Record<'orders' | 'products', Client>, variants: readonly Variant[]): Promise<void> {
  const ids = variants.map(({ id }) => id)
  const skus = variants.map(({ sku }) => sku)
  const products = variants.map(() => randomUUID())
  await clients.products.query(
    `INSERT INTO product (id, slug, title, status, min_price, max_price, currency)
     SELECT id, 'product-' || id, 'Thing', 'ACTIVE', 1999, 1999, 'EUR' FROM unnest($1::uuid[]) AS id`,
    [products],
  )
  await clients.products.query(
    `INSERT INTO product_variant (id, product_id, sku, title, price, currency, weight_grams, position)
     SELECT id, product_id, sku, 'Thing', 1999, 'EUR', 400, 0
     FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS row (id, product_id, sku)`,
    [ids, products, skus],
  )
  await clients.products.query(
    `INSERT INTO inventory (variant_id, available) SELECT id, 2000000000 FROM unnest($1::uuid[]) AS id`,
    [ids],
  )
  await clients.orders.query('INSERT INTO catalogue_product (id, version) SELECT id, 1 FROM unnest($1::uuid[]) AS id', [
    products,
  ])
  await clients.orders.query(
    `INSERT INTO catalogue_variant (variant_id, product_id, sku, title, price, currency, weight_grams)
     SELECT id, product_id, sku, 'Thing', 1999, 'EUR', 400
     FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS row (id, product_id, sku)`,
    [ids, products, skus],
  )
}
