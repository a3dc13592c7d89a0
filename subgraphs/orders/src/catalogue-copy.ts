import { randomUUID } from 'node:crypto'
import { cataloguePage, catalogueRequested, productChanged, type ProductData } from '@portico/events/contract'
import type { Cause } from '@portico/events/event-type'
import { handler } from '@portico/events/inbox'
import { announce } from '@portico/events/outbox'
import type { Logger } from '@portico/service-kit/logger'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

type Tx = Prisma.TransactionClient

/** What orders have to know of variants, so that placing waits for nobody: a copy that follows the events of products. */
export const catalogueHandlers = [
  handler(productChanged, (tx: Tx, product) => learn(tx, [product])),

  handler(cataloguePage, async (tx: Tx, { requestId, after, upTo, products }, cause) => {
    await learn(tx, products)
    // What a rebuild has put in doubt and products no longer has is gone. What was heard of since is not in doubt.
    await tx.catalogueProduct.deleteMany({
      where: {
        version: IN_DOUBT,
        id: {
          notIn: products.map(({ productId }) => productId),
          ...(after && { gt: after }),
          ...(upTo && { lte: upTo }),
        },
      },
    })
    if (upTo !== null) await requestPage(tx, { requestId, after: upTo }, cause)
  }),
]

/** Below each version that a product has. */
const IN_DOUBT = 0

/** Replaces what is known of products. Events come twice and out of order: only a later version says anything new. */
async function learn(tx: Tx, products: readonly ProductData[]): Promise<void> {
  // One row stands for a product with all of its variants: who else learns of it waits here.
  const changed = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO catalogue_product AS known (id, version)
    SELECT id, version FROM jsonb_to_recordset(${JSON.stringify(
      products.map(({ productId, version }) => ({ id: productId, version })),
    )}::jsonb) AS product (id uuid, version integer)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET version = excluded.version WHERE known.version < excluded.version
    RETURNING id`
  const ids = new Set(changed.map(({ id }) => id))
  await tx.catalogueVariant.deleteMany({ where: { productId: { in: [...ids] } } })
  await tx.catalogueVariant.createMany({
    data: products
      .filter(({ productId, status }) => ids.has(productId) && status === 'ACTIVE')
      .flatMap(({ productId, title, variants }) =>
        variants.map(({ id: variantId, ...variant }) => ({
          ...variant,
          variantId,
          productId,
          title: lineTitle(title, variant.title),
          price: BigInt(variant.price),
        })),
      ),
  })
}

/** A variant as a line of an order names it: by its own title, which may say no more than "Small". */
function lineTitle(product: string, variant: string): string {
  return variant.startsWith(product) ? variant : `${product}, ${variant}`
}

/** Asks products for the whole catalogue if the copy is empty, and the question is not on its way already. */
export async function bootstrapCatalogue(db: PrismaClient, log: Logger): Promise<void> {
  const isEmpty = async (tx: Tx) => (await tx.catalogueProduct.count({ take: 1 })) === 0
  // Most starts need not wait for whoever is busy with the copy.
  if (!(await isEmpty(db))) return
  await db.$transaction(async (tx) => {
    await keepOthersOut(tx)
    if (!(await isEmpty(tx))) return
    const asked = await tx.outboxEvent.count({ where: { type: catalogueRequested.name, state: 'PENDING' } })
    if (asked > 0) return
    await requestPage(tx, { requestId: randomUUID(), after: null })
    log.info('asked products for the catalogue')
  })
}

/**
 * Takes nothing in the copy for granted any more, and asks products for all of it, page by page. Meanwhile what is there
 * goes on being sold.
 */
export async function rebuildCatalogue(db: PrismaClient): Promise<void> {
  await db.$transaction(
    async (tx) => {
      await keepOthersOut(tx)
      await tx.catalogueProduct.updateMany({ data: { version: IN_DOUBT } })
      await requestPage(tx, { requestId: randomUUID(), after: null })
    },
    { timeout: REBUILD_WITHIN_MS },
  )
}

/** How long marking a large copy may take, in milliseconds. Orders are placed meanwhile; events wait. */
export const REBUILD_WITHIN_MS = 60_000

/** Until the transaction ends nobody else changes the copy, or starts to fill it. */
async function keepOthersOut(tx: Tx): Promise<void> {
  await tx.$executeRaw`LOCK TABLE catalogue_product IN SHARE ROW EXCLUSIVE MODE`
}

async function requestPage(tx: Tx, page: { requestId: string; after: string | null }, cause?: Cause): Promise<void> {
  await announce(tx, { type: catalogueRequested, subject: page.requestId, data: page, cause })
}
