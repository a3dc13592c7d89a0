import { setTimeout as sleep } from 'node:timers/promises'
import { connectPg } from '@portico/database/pg-connection'
import type { Random } from '@portico/database/demo/random'

/** A product of the run's shop. */
export interface ShopProduct {
  id: string
  variants: ShopVariant[]
}

export interface ShopVariant {
  id: string
  sku: string
}

const PRODUCTS = 16

/** Fills an empty products database with a few dozen variants, of some of which there is next to nothing. */
export async function seedCatalogue(url: string, random: Random): Promise<ShopProduct[]> {
  const products = Array.from({ length: PRODUCTS }, (_, index) => ({
    id: random.uuid(),
    variants: Array.from({ length: random.integer(1, 3) }, (__, position) => {
      const stock = random.chance(0.15) ? random.integer(0, 6) : random.integer(50, 1500)
      return { id: random.uuid(), sku: `C-${index}-${position}`, position, price: random.integer(100, 20_000), stock }
    }),
  }))
  await using connection = await connectPg(url, { name: 'chaos' })
  const { client } = connection
  await client.query('BEGIN')
  for (const [index, { id, variants }] of products.entries()) {
    const prices = variants.map(({ price }) => price)
    await client.query(
      `INSERT INTO product (id, slug, title, status, min_price, max_price, currency)
       VALUES ($1, $2, $3, 'ACTIVE', $4, $5, 'EUR')`,
      [id, `product-${index}`, `Product ${index}`, Math.min(...prices), Math.max(...prices)],
    )
    for (const { id: variantId, sku, position, price, stock } of variants) {
      await client.query(
        `INSERT INTO product_variant (id, product_id, sku, title, price, currency, weight_grams, position)
         VALUES ($1, $2, $3, $4, $5, 'EUR', $6, $7)`,
        [variantId, id, sku, `Size ${position}`, price, random.integer(10, 500), position],
      )
      await client.query(`INSERT INTO inventory (variant_id, available) VALUES ($1, $2)`, [variantId, stock])
      await client.query(
        `INSERT INTO inventory_adjustment (variant_id, delta, reason) VALUES ($1, $2, 'First stock')`,
        [variantId, stock],
      )
    }
  }
  await client.query('COMMIT')
  return products.map(({ id, variants }) => ({ id, variants: variants.map((one) => ({ id: one.id, sku: one.sku })) }))
}

/** Waits until orders know what is for sale, by the URL of their database; not for ever. */
export async function untilCopied(url: string, withinMs: number): Promise<void> {
  await using connection = await connectPg(url, { name: 'chaos' })
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    const { rowCount } = await connection.client.query('SELECT FROM catalogue_variant LIMIT 1')
    if (rowCount === 1) return
    await sleep(50)
  }
}
