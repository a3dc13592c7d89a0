import { catalogueRequested, productChanged } from '@portico/events/contract'
import type { Cause } from '@portico/events/event-type'
import { handler } from '@portico/events/inbox'
import { announce } from '@portico/events/outbox'
import type { Prisma } from './generated/prisma/client.ts'

/** Tells the others what a product is after a change, in the transaction of the change. */
export async function announceProduct(tx: Prisma.TransactionClient, id: string, cause?: Cause): Promise<void> {
  const product = await tx.product.findUniqueOrThrow({
    where: { id },
    include: { variants: { orderBy: { position: 'asc' } } },
  })
  const { title, status, version } = product
  const variants = product.variants.map((variant) => ({
    id: variant.id,
    sku: variant.sku,
    title: variant.title,
    price: String(variant.price),
    currency: variant.currency,
    weightGrams: variant.weightGrams,
  }))
  const data = { productId: id, version, status, title, variants }
  await announce(tx, { type: productChanged, subject: id, data, cause })
}

/** Tells of every product as it is, to who has lost or never had a copy of the catalogue: in one statement, for there may be many. */
export const onCatalogueRequested = handler(catalogueRequested, async (tx: Prisma.TransactionClient, _, cause) => {
  await tx.$executeRaw`
    INSERT INTO outbox_event (id, type, subject, data, request_id, trace_parent)
    SELECT gen_random_uuid(), ${productChanged.name}, product.id::text, jsonb_build_object(
      'productId', product.id, 'version', product.version, 'status', product.status, 'title', product.title,
      'variants', jsonb_agg(jsonb_build_object('id', variant.id, 'sku', variant.sku, 'title', variant.title,
        'price', variant.price::text, 'currency', variant.currency, 'weightGrams', variant.weight_grams)
        ORDER BY variant.position)), ${cause.requestid ?? null}, ${cause.traceparent ?? null}
    FROM product JOIN product_variant AS variant ON variant.product_id = product.id
    GROUP BY product.id`
})
