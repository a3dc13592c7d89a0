import { cataloguePage, catalogueRequested, productChanged, type ProductData } from '@portico/events/contract'
import type { Cause } from '@portico/events/event-type'
import { handler } from '@portico/events/inbox'
import { announce } from '@portico/events/outbox'
import type { Prisma } from './generated/prisma/client.ts'

const withVariants = { variants: { orderBy: { position: 'asc' } } } satisfies Prisma.ProductInclude

/** Tells the others what a product is after a change, in the transaction of the change. */
export async function announceProduct(tx: Prisma.TransactionClient, id: string, cause?: Cause): Promise<void> {
  const product = await tx.product.findUniqueOrThrow({ where: { id }, include: withVariants })
  await announce(tx, { type: productChanged, subject: id, data: toData(product), cause })
}

/** Products of a page, which is one event: far below what a transport takes at once, were each as large as it may be. */
const PAGE = 50

/** Tells a page of the catalogue to who fills a copy of it, and has to ask for each page: so no page waits for another. */
export const onCatalogueRequested = handler(
  catalogueRequested,
  async (tx: Prisma.TransactionClient, { requestId, after }, cause) => {
    const found = await tx.product.findMany({
      ...(after === null ? {} : { where: { id: { gt: after } } }),
      orderBy: { id: 'asc' },
      take: PAGE + 1,
      include: withVariants,
    })
    const products = found.slice(0, PAGE).map(toData)
    const upTo = found.length > PAGE ? (products.at(-1)?.productId ?? null) : null
    await announce(tx, { type: cataloguePage, subject: requestId, data: { requestId, after, upTo, products }, cause })
  },
)

function toData(product: Prisma.ProductGetPayload<{ include: typeof withVariants }>): ProductData {
  const { id: productId, title, status, version } = product
  const variants = product.variants.map((variant) => ({
    id: variant.id,
    sku: variant.sku,
    title: variant.title,
    price: String(variant.price),
    currency: variant.currency,
    weightGrams: variant.weightGrams,
  }))
  return { productId, version, status, title, variants }
}
