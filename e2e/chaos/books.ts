import { connectPg } from '@portico/database/pg-connection'
import type { Client } from 'pg'

/** All that the two databases say after a run. */
export interface Books {
  orders: OrderRow[]
  lines: LineRow[]
  history: HistoryRow[]
  keys: KeyRow[]
  /** What orders know of the catalogue. */
  copy: Catalogue
  inventory: InventoryRow[]
  adjustments: AdjustmentRow[]
  claims: ClaimRow[]
  reservations: ReservationRow[]
  catalogue: Catalogue
  outbox: OutboxRow[]
  inbox: InboxRow[]
  /** How often each effect was attempted, as `effect-audit.ts` has it noted. */
  effects: EffectRow[]
}

export interface OrderRow {
  id: string
  customerId: string
  key: string | null
  status: string
  statusReason: string | null
  version: number
  /** Minor units. */
  subtotal: number
  shipping: number
  total: number
  /** In milliseconds. */
  expiresAt: number
}
export interface ReservedLine {
  orderId: string
  variantId: string
  quantity: number
}
export interface LineRow extends ReservedLine {
  sku: string
  /** Minor units. */
  unitPrice: number
}
export interface HistoryRow {
  orderId: string
  sequence: number
  from: string | null
  to: string
  actor: string
  actorId: string | null
  reason: string | null
  /** In milliseconds. */
  at: number
}
export interface KeyRow {
  customerId: string
  key: string
  orderId: string
}
/** Every product, and the variants that are for sale. */
export interface Catalogue {
  products: ProductRow[]
  variants: VariantRow[]
}
export interface ProductRow {
  productId: string
  version: number
}
export interface VariantRow {
  variantId: string
  productId: string
  sku: string
  title: string
  price: string
  weightGrams: number
}
export interface InventoryRow {
  variantId: string
  available: number
  reserved: number
  sold: number
}
export interface AdjustmentRow {
  variantId: string
  delta: number
  reason: string
}
export interface ClaimRow {
  orderId: string
  state: string
}
export interface ReservationRow extends ReservedLine {
  state: string
}
export interface OutboxRow {
  store: 'orders' | 'products'
  position: number
  id: string
  type: string
  subject: string
  state: string
  attempts: number
  lastError: string | null
  data: unknown
}
export interface InboxRow {
  store: 'orders' | 'products'
  id: string
  source: string
  type: string
  subject: string
  state: string
  attempts: number
  lastError: string | null
  receivedAt: string
}

export interface EffectRow {
  store: 'orders' | 'products'
  subject: string
  attempts: number
}

/** Reads both databases, by the URLs of their owners. */
export async function readBooks(urls: { orders: string; products: string }): Promise<Books> {
  await using orders = await connectPg(urls.orders, { name: 'chaos' })
  await using products = await connectPg(urls.products, { name: 'chaos' })
  const ofOrders = <Row>(sql: string) => rowsOf<Row>(orders.client, sql)
  const ofProducts = <Row>(sql: string) => rowsOf<Row>(products.client, sql)
  return {
    orders:
      await ofOrders(`SELECT id, customer_id AS "customerId", line2 AS key, status, status_reason AS "statusReason",
      version, subtotal::int, shipping::int, total::int, ${inMs('expires_at')} AS "expiresAt"
      FROM "order" ORDER BY placed_at`),
    lines: await ofOrders(`SELECT order_id AS "orderId", variant_id AS "variantId", quantity, sku,
      unit_price::int AS "unitPrice" FROM order_line`),
    history: await ofOrders(`SELECT order_id AS "orderId", sequence, from_status AS "from", to_status AS "to", actor,
      actor_id AS "actorId", reason, ${inMs('at')} AS at FROM order_event ORDER BY order_id, sequence`),
    keys: await ofOrders(
      `SELECT viewer_id AS "customerId", key, result_id AS "orderId" FROM idempotency_record ORDER BY created_at`,
    ),
    copy: {
      products: await ofOrders(`SELECT id AS "productId", version FROM catalogue_product`),
      variants: await ofOrders(`SELECT variant_id AS "variantId", product_id AS "productId", sku, title, price::text,
        weight_grams AS "weightGrams" FROM catalogue_variant`),
    },
    inventory: await ofProducts(`SELECT variant_id AS "variantId", available, reserved, sold FROM inventory`),
    adjustments: await ofProducts(`SELECT variant_id AS "variantId", delta, reason FROM inventory_adjustment`),
    claims: await ofProducts(`SELECT order_id AS "orderId", state FROM stock_claim`),
    reservations: await ofProducts(
      `SELECT order_id AS "orderId", variant_id AS "variantId", quantity, state FROM stock_reservation`,
    ),
    catalogue: {
      products: await ofProducts(`SELECT id AS "productId", version FROM product`),
      variants: await ofProducts(`SELECT variant.id AS "variantId", product.id AS "productId", sku,
        product.title || ', ' || variant.title AS title, price::text, weight_grams AS "weightGrams"
        FROM product_variant AS variant JOIN product ON product.id = product_id WHERE status = 'ACTIVE'`),
    },
    outbox: [
      ...(await ofOrders<OutboxRow>(outboxOf('orders'))),
      ...(await ofProducts<OutboxRow>(outboxOf('products'))),
    ],
    inbox: [...(await ofOrders<InboxRow>(inboxOf('orders'))), ...(await ofProducts<InboxRow>(inboxOf('products')))],
    effects: [
      ...(await ofOrders<EffectRow>(effectsOf('orders'))),
      ...(await ofProducts<EffectRow>(effectsOf('products'))),
    ],
  }
}

async function rowsOf<Row>(client: Client, sql: string): Promise<Row[]> {
  const { rows } = await client.query(sql)
  return rows as Row[]
}

const inMs = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`

const effectsOf = (store: string) =>
  `SELECT '${store}' AS store, subject, count(*)::int AS attempts FROM chaos_effect GROUP BY subject`

const outboxOf = (store: string) => `SELECT '${store}' AS store, position::int, id, type, subject, state, attempts,
  last_error AS "lastError", data FROM outbox_event ORDER BY position`

const inboxOf = (store: string) => `SELECT '${store}' AS store, id, source, type, subject, state, attempts,
  last_error AS "lastError", received_at::text AS "receivedAt" FROM inbox_event ORDER BY received_at`
