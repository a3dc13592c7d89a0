import { retryConflicts } from '@portico/service-kit/database-errors'
import { idempotencyKey, writeOnce } from '@portico/service-kit/idempotency'
import { actorOf, isStorable } from '@portico/service-kit/ids'
import { notFound, type IdempotencyMismatchError, type NotFoundError } from '@portico/service-kit/user-errors'
import { line, validate, validationError, type ValidationError } from '@portico/service-kit/validation'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { z } from 'zod'
import type { Prisma, PrismaClient, ProductVariant } from './generated/prisma/client.ts'
import { MOST_STOCK } from './inventory.ts'
import { ifVisible } from './visibility.ts'

export interface StockAdjustment {
  sku: string
  /** How many pieces came; negative for those that went. */
  delta: number
  reason: string
}

export interface Stock {
  /** Adds to what is available, never below zero, once for each key of a viewer. */
  adjust(
    viewer: SignedInViewer,
    request: StockAdjustment & { idempotencyKey: string },
  ): Promise<
    (ProductVariant & { __typename: 'ProductVariant' }) | ValidationError | NotFoundError | IdempotencyMismatchError
  >
}

const adjustment = z.object({
  sku: z.string(),
  delta: z
    .int()
    .min(-MOST_STOCK)
    .refine((delta) => delta !== 0, 'must not be 0'),
  reason: line(200),
  idempotencyKey,
})

/** The stock on hand. */
export function createStock(db: PrismaClient): Stock {
  return {
    async adjust(viewer, request) {
      const checked = validate(adjustment, request)
      if (!checked.ok) return checked.error
      const { idempotencyKey: key, ...input } = request
      const { sku, delta } = input
      const found = isStorable(sku)
        ? await db.productVariant.findUnique({ where: { sku }, include: { product: true } })
        : null
      if (!found || !ifVisible(found.product, viewer)) return notFound('sku')
      const { product: _, ...variant } = found

      const write = {
        viewerId: viewer.id,
        key,
        operation: 'adjustInventory',
        input,
        resultId: variant.id,
      }
      const outcome = await retryConflicts(() =>
        writeOnce(db, write, async (tx) => {
          // What orders hold and took counts: it may become available again.
          const count = await tx.$executeRaw`
            UPDATE inventory SET available = available + ${delta}
            WHERE variant_id = ${variant.id}::uuid AND available::bigint + ${delta} >= 0
              AND available::bigint + reserved + sold + ${delta} <= ${MOST_STOCK}`
          if (count === 0) return beyondBounds(tx, variant.id, delta)
          await tx.inventoryAdjustment.create({
            data: { variantId: variant.id, delta, reason: checked.value.reason, actorId: actorOf(viewer.id) },
          })
          return undefined
        }),
      )
      return 'failure' in outcome ? outcome.failure : { __typename: 'ProductVariant', ...variant }
    },
  }
}

async function beyondBounds(tx: Prisma.TransactionClient, variantId: string, delta: number): Promise<ValidationError> {
  const { available, reserved, sold } = await tx.inventory.findUniqueOrThrow({ where: { variantId } })
  const message =
    delta < 0
      ? `takes more than the ${available} available`
      : `makes more than ${MOST_STOCK} of the ${available + reserved + sold} that are available, held or sold`
  return validationError([{ path: ['delta'], message }])
}
