import { randomUUID } from 'node:crypto'
import { catalogueRequested, productChanged } from '@portico/events/contract'
import { handler } from '@portico/events/inbox'
import { announce } from '@portico/events/outbox'
import type { Logger } from '@portico/service-kit/logger'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

/** What orders have to know of variants, so that placing waits for nobody: a copy that follows the events of products. */
export const onProductChanged = handler(productChanged, async (tx: Prisma.TransactionClient, product) => {
  const rows = product.variants.map((variant) => ({
    variant_id: variant.id,
    sku: variant.sku,
    title: lineTitle(product.title, variant.title),
    price: variant.price,
    currency: variant.currency,
    weight_grams: variant.weightGrams,
  }))
  // Events come twice and out of order: only a later version of the product says anything new.
  await tx.$executeRaw`
    INSERT INTO catalogue_variant AS known
      (variant_id, product_id, sku, title, price, currency, weight_grams, for_sale, product_version)
    SELECT variant_id, ${product.productId}::uuid, sku, title, price, currency, weight_grams, ${product.status === 'ACTIVE'},
      ${product.version}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS row (variant_id uuid, sku text, title text, price bigint, currency text, weight_grams integer)
    ORDER BY variant_id
    ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id, sku = excluded.sku, title = excluded.title,
      price = excluded.price, currency = excluded.currency, weight_grams = excluded.weight_grams,
      for_sale = excluded.for_sale, product_version = excluded.product_version
    WHERE known.product_version < excluded.product_version`
  await tx.catalogueVariant.updateMany({
    where: {
      productId: product.productId,
      productVersion: { lt: product.version },
      variantId: { notIn: product.variants.map(({ id }) => id) },
    },
    data: { forSale: false, productVersion: product.version },
  })
})

/** A variant as a line of an order names it: by its own title, which may say no more than "Small". */
function lineTitle(product: string, variant: string): string {
  return variant.startsWith(product) ? variant : `${product}, ${variant}`
}

/** Asks products for the whole catalogue if the copy is empty, once. */
export async function bootstrapCatalogue(db: PrismaClient, log: Logger): Promise<void> {
  await db.$transaction(async (tx) => {
    // Of several processes that start on an empty database one asks.
    await tx.$executeRaw`LOCK TABLE catalogue_variant IN SHARE ROW EXCLUSIVE MODE`
    if ((await tx.catalogueVariant.count({ take: 1 })) > 0) return
    const asked = await tx.outboxEvent.count({ where: { type: catalogueRequested.name, state: { not: 'DEAD' } } })
    if (asked > 0) return
    await requestCatalogue(tx)
    log.info('asked products for the catalogue')
  })
}

/** Takes nothing in the copy for granted any more, and asks products for all of it. Meanwhile what is there goes on. */
export async function rebuildCatalogue(db: PrismaClient): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.catalogueVariant.updateMany({ data: { productVersion: 0 } })
    await requestCatalogue(tx)
  })
}

async function requestCatalogue(tx: Prisma.TransactionClient): Promise<void> {
  const requestId = randomUUID()
  await announce(tx, { type: catalogueRequested, subject: requestId, data: { requestId } })
}
