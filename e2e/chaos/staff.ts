import type { SignedInViewer } from '@portico/service-kit/viewer'
import { catalogManager, support } from '@portico/testkit/viewers'
import type { ShopProduct } from './catalogue.ts'
import type { Shop } from './customers.ts'
import type { AdjustmentEntry } from './ledger.ts'
import { cancel, deliver, readOrder, ship } from './order-steps.ts'
import { pause } from './pause.ts'
import { NoAnswerError } from './shop-client.ts'

/** Ships, delivers and cancels orders of all customers until the shop closes. */
export async function runSupport(shop: Shop): Promise<void> {
  const { random, closing, ledger } = shop
  const viewer = support(random.uuid())
  while (!closing.aborted) {
    const acknowledged = ledger.orders.slice(-200).flatMap(({ acknowledged: [id] }) => (id === undefined ? [] : [id]))
    if (acknowledged.length > 0) {
      const id = random.pick(acknowledged)
      const status = (await readOrder(shop, viewer, id))?.status
      if (status === 'CONFIRMED') await (random.chance(0.9) ? ship(shop, viewer, id) : cancel(shop, viewer, id))
      if (status === 'PENDING' && random.chance(0.1)) await cancel(shop, viewer, id)
      if (status === 'SHIPPED' && random.chance(0.3)) await deliver(shop, viewer, id)
    }
    await pause(random.integer(10, 150), closing)
  }
}

/** Changes the stock on hand and the products until the shop closes. */
export async function runManager(shop: Shop, products: readonly ShopProduct[]): Promise<void> {
  const { random, closing } = shop
  const viewer = catalogManager(random.uuid())
  while (!closing.aborted) {
    if (random.chance(0.5)) await adjust(shop, viewer)
    else await editProduct(shop, viewer, random.pick(products).id)
    await pause(random.integer(20, 250), closing)
  }
}

async function adjust(shop: Shop, viewer: SignedInViewer): Promise<void> {
  const { client, closed, ledger, random, variants } = shop
  const { id: variantId, sku } = random.pick(variants)
  const delta = random.chance(0.6) ? random.integer(1, 8) : random.integer(-6, -1)
  const entry: AdjustmentEntry = { key: random.uuid(), variantId, delta, attempts: 0, answer: 'none' }
  ledger.adjustments.push(entry)
  while (!closed.aborted) {
    entry.attempts += 1
    try {
      const operation = { query: ADJUST, variables: { sku, delta, key: entry.key } }
      const { adjustInventory } = await client.ask<{ adjustInventory: { __typename: string } }>(
        'products',
        viewer,
        operation,
      )
      entry.answer = adjustInventory.__typename === 'ProductVariant' ? 'acknowledged' : 'refused'
      return
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      await pause(random.integer(20, 400), closed)
    }
  }
}

/** Several changes in a row are what events of one subject can overtake each other by. */
async function editProduct(shop: Shop, viewer: SignedInViewer, id: string): Promise<void> {
  for (let changes = shop.random.integer(1, 4); changes > 0; changes -= 1) await changeProduct(shop, viewer, id)
}

/** Gives a product another title, takes it from sale or brings it back; a lost answer is nobody's concern. */
async function changeProduct({ client, ledger, random }: Shop, viewer: SignedInViewer, id: string): Promise<void> {
  try {
    const read = { query: 'query ($id: ID!) { product(id: $id) { version status } }', variables: { id } }
    const { product } = await client.ask<{ product: { version: number; status: string } }>('products', viewer, read)
    const status = product.status === 'ACTIVE' && random.chance(0.08) ? 'ARCHIVED' : 'ACTIVE'
    const input = { id, title: `Product, edition ${product.version}`, status, expectedVersion: product.version }
    const change = { query: CHANGE, variables: { input } }
    const { updateProduct } = await client.ask<{ updateProduct: { version?: number } }>('products', viewer, change)
    if (updateProduct.version !== undefined) {
      ledger.productChanges.push({ productId: id, version: updateProduct.version })
    }
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
  }
}

const ADJUST = `mutation ($sku: String!, $delta: Int!, $key: String!) {
  adjustInventory(sku: $sku, delta: $delta, reason: $key, idempotencyKey: $key) { __typename }
}`
const CHANGE = `mutation ($input: UpdateProductInput!) {
  updateProduct(input: $input) { ... on Product { version } }
}`
