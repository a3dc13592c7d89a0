import { randomUUID } from 'node:crypto'
import type { Cause } from '@portico/events/event-type'
import { isUniqueViolation, retryConflicts } from '@portico/service-kit/database-errors'
import { writeOnce } from '@portico/service-kit/idempotency'
import { actorOf, isId } from '@portico/service-kit/ids'
import {
  notFound,
  taken,
  versionConflict,
  type ConflictError,
  type IdempotencyMismatchError,
  type NotFoundError,
} from '@portico/service-kit/user-errors'
import { validate, validationError, type ValidationError } from '@portico/service-kit/validation'
import { z } from 'zod'
import { announceProduct } from './catalogue-events.ts'
import { categoryIssues } from './categories.ts'
import type { PrismaClient, Product, ProductStatus } from './generated/prisma/client.ts'
import { insertProduct, newProduct, productDescription, productTitle, type NewProductInput } from './new-product.ts'

export interface ProductChange {
  id: string
  title?: string | null | undefined
  description?: string | null | undefined
  status?: ProductStatus | null | undefined
  categoryId?: string | null | undefined
  expectedVersion: number
}

type ProductRecord = Product & { __typename: 'Product' }

export interface Products {
  /** Makes a draft with its variants and their first stock, once for each key of a viewer. */
  create(
    viewerId: string,
    request: { input: NewProductInput; idempotencyKey: string },
    cause?: Cause,
  ): Promise<ProductRecord | ValidationError | ConflictError | IdempotencyMismatchError>
  /** Changes what is given. Null clears the description and the category, and leaves title and status as they are. */
  update(change: ProductChange, cause?: Cause): Promise<ProductRecord | ValidationError | NotFoundError | ConflictError>
}

const changedTexts = z.object({ title: productTitle.nullish(), description: productDescription })

/** What the back office does with products. Prices are of `currency`. */
export function createProducts(db: PrismaClient, currency: string): Products {
  const creation = newProduct(currency)

  return {
    async create(viewerId, request, cause) {
      const checked = validate(creation, request)
      if (!checked.ok) {
        return validationError([...checked.error.issues, ...(await categoryIssues(db, request.input.categoryId))])
      }
      const { input, idempotencyKey } = checked.value
      const id = randomUUID()
      const write = {
        viewerId,
        key: idempotencyKey,
        operation: 'createProduct',
        input: request.input,
        resultId: id,
      }
      try {
        const outcome = await retryConflicts(() =>
          writeOnce(db, write, async (tx) => {
            const issues = await categoryIssues(tx, input.categoryId)
            if (issues.length > 0) return validationError(issues)
            await insertProduct(tx, { id, ...input }, { currency, actorId: actorOf(viewerId) })
            await announceProduct(tx, id, cause)
            return undefined
          }),
        )
        if ('failure' in outcome) return outcome.failure
        const product = await db.product.findUniqueOrThrow({ where: { id: outcome.resultId } })
        return { __typename: 'Product', ...product }
      } catch (error) {
        if (isUniqueViolation(error, 'slug')) return taken(`The slug "${input.slug}" is taken.`)
        if (isUniqueViolation(error, 'sku')) return taken(await takenSkus(input.variants))
        throw error
      }
    },

    async update({ id, expectedVersion, categoryId, status, ...texts }, cause) {
      const checked = validate(changedTexts, texts, ['input'])
      const issues = [...(checked.ok ? [] : checked.error.issues), ...(await categoryIssues(db, categoryId))]
      if (!checked.ok || issues.length > 0) return validationError(issues)
      if (!isId(id)) return notFound('product')
      const { title, description } = checked.value
      const product = await db.$transaction(async (tx) => {
        const [changed] = await tx.product.updateManyAndReturn({
          where: { id, version: expectedVersion },
          data: {
            version: { increment: 1 },
            ...(title == null ? {} : { title }),
            ...(description === undefined ? {} : { description }),
            ...(status == null ? {} : { status }),
            ...(categoryId === undefined ? {} : { categoryId }),
          },
        })
        if (changed) await announceProduct(tx, id, cause)
        return changed
      })
      if (product) return { __typename: 'Product', ...product }
      const current = await db.product.findUnique({ where: { id } })
      return current ? versionConflict(current.version) : notFound('product')
    },
  }

  async function takenSkus(variants: readonly { sku: string }[]): Promise<string> {
    const known = await db.productVariant.findMany({ where: { sku: { in: variants.map(({ sku }) => sku) } } })
    return `Taken: ${known.map(({ sku }) => `the sku "${sku}"`).join(', ')}.`
  }
}
