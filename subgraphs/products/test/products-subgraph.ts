import { randomUUID } from 'node:crypto'
import { NO_EVENTS } from '@portico/events/config'
import { startTestSubgraph, type TestSubgraph } from '@portico/testkit/test-subgraph'
import { startProducts } from '../src/server.ts'

/** What a test says of a product; the rest is made up. Prices are minor units. */
export interface ProductSpec {
  slug?: string
  title?: string
  description?: string | null
  status?: 'DRAFT' | 'ACTIVE' | 'ARCHIVED'
  categoryId?: string | null
  createdAt?: Date
  variants?: VariantSpec[]
}

export interface VariantSpec {
  sku?: string
  title?: string
  price?: bigint
  available?: number
  reserved?: number
}

export interface AddedProduct {
  id: string
  slug: string
  title: string
  variants: { id: string; sku: string }[]
}

export interface TestProducts extends TestSubgraph {
  /** The clock of inventories and of idempotency. */
  clock: { now: number }
  /** Writes a product, active unless said otherwise, with one variant unless more are given. */
  add(spec?: ProductSpec): Promise<AddedProduct>
  /** Writes a category and returns its id. */
  addCategory(slug: string, parentId?: string, position?: number): Promise<string>
}

/** The products subgraph on a database of its own, with a clock that the test sets. */
export async function startTestProducts(shopCurrency = 'EUR', events = NO_EVENTS): Promise<TestProducts> {
  const clock = { now: Date.now() }
  const products = await startTestSubgraph('products', (config, dependencies) =>
    startProducts({ subgraph: config, events, shopCurrency }, { ...dependencies, now: () => clock.now }),
  )
  const { sql } = products.database

  return {
    ...products,
    clock,

    async add(spec = {}) {
      const { status = 'ACTIVE', categoryId = null, createdAt = new Date(), variants: specs = [{}] } = spec
      const id = randomUUID()
      const { slug = `product-${id}`, title = `Product ${slug}`, description = null } = spec
      const prices = specs.map(({ price = 1999n }) => price).toSorted((a, b) => Number(a - b))
      await sql.query(
        `INSERT INTO product (id, slug, title, description, status, category_id, min_price, max_price, currency, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [id, slug, title, description, status, categoryId, prices[0], prices.at(-1), shopCurrency, createdAt],
      )
      const variants = specs.map(({ sku = `${slug}-${randomUUID()}`, ...variant }) => ({
        id: randomUUID(),
        sku,
        ...variant,
      }))
      for (const [position, variant] of variants.entries()) {
        const { title: variantTitle = `Variant ${position}`, price = 1999n, available = 10, reserved = 0 } = variant
        await sql.query(
          `INSERT INTO product_variant (id, product_id, sku, title, price, currency, weight_grams, position)
           VALUES ($1, $2, $3, $4, $5, $6, 250, $7)`,
          [variant.id, id, variant.sku, variantTitle, price, shopCurrency, position],
        )
        await sql.query('INSERT INTO inventory (variant_id, available, reserved) VALUES ($1, $2, $3)', [
          variant.id,
          available,
          reserved,
        ])
      }
      return { id, slug, title, variants: variants.map(({ id: variantId, sku }) => ({ id: variantId, sku })) }
    },

    async addCategory(slug, parentId, position = 0) {
      const id = randomUUID()
      await sql.query('INSERT INTO category (id, slug, name, parent_id, position) VALUES ($1, $2, $3, $4, $5)', [
        id,
        slug,
        slug.toUpperCase(),
        parentId ?? null,
        position,
      ])
      return id
    },
  }
}
