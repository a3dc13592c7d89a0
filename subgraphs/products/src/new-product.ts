import { randomUUID } from 'node:crypto'
import { idempotencyKey } from '@portico/service-kit/idempotency'
import { currencyExponent, parseAmount } from '@portico/service-kit/money'
import { line } from '@portico/service-kit/validation'
import { z } from 'zod'
import type { Prisma } from './generated/prisma/client.ts'
import { MOST_STOCK } from './inventory.ts'

export interface NewVariantInput {
  sku: string
  title: string
  price: string
  weightGrams: number
  stock?: number | undefined
}

export interface NewProductInput {
  slug: string
  title: string
  description?: string | null | undefined
  categoryId?: string | null | undefined
  variants: NewVariantInput[]
}

const MOST_VARIANTS = 50
/** In minor units: leaves room to multiply by the quantity of an order line. */
const MOST_PRICE = 10n ** 15n

export const productTitle = line(200)

/** Text of several lines; a blank one is none. */
export const productDescription = z
  .string()
  .trim()
  .max(10_000, 'must be at most 10000 characters')
  .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not hold control characters')
  .nullish()
  .transform((text) => (text === '' ? null : text))

const productSlug = z
  .string()
  .max(100, 'must be at most 100 characters')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters and digits, with single hyphens between them')

/** The arguments of `createProduct`, with prices as minor units of the shop's currency. */
export function newProduct(currency: string) {
  const variant = z.object({
    sku: line(64),
    title: line(200),
    price: priceIn(currency),
    weightGrams: z.int().positive('must be above 0'),
    stock: z.int().min(0, 'must not be negative').max(MOST_STOCK).default(0),
  })
  return z.object({
    input: z.object({
      slug: productSlug,
      title: productTitle,
      description: productDescription,
      categoryId: z.string().nullish(),
      variants: z
        .array(variant)
        .min(1, 'must be at least one')
        .max(MOST_VARIANTS, `must be at most ${MOST_VARIANTS}`)
        .superRefine(refuseRepeatedSkus),
    }),
    idempotencyKey,
  })
}

type NewProduct = z.output<ReturnType<typeof newProduct>>['input']

function priceIn(currency: string) {
  const decimals = currencyExponent(currency)
  return z.string().transform((amount, context): bigint => {
    const minor = parseAmount(amount, currency)
    if (minor !== undefined && minor >= 0n && minor <= MOST_PRICE) return minor
    const message =
      minor === undefined
        ? `must be an amount of ${currency}, with at most ${decimals} decimals`
        : minor < 0n
          ? 'must not be negative'
          : 'is too high'
    // Without `continue`, what is wrong with the list as a whole would stay unsaid.
    context.addIssue({ code: 'custom', message, continue: true })
    return z.NEVER
  })
}

function refuseRepeatedSkus(variants: readonly { sku: string }[], context: z.RefinementCtx) {
  const seen = new Set<string>()
  for (const [index, { sku }] of variants.entries()) {
    if (seen.has(sku)) context.addIssue({ code: 'custom', path: [index, 'sku'], message: 'is given twice' })
    seen.add(sku)
  }
}

/** Writes a new product with its variants and their stock, which is their first adjustment. */
export async function insertProduct(
  tx: Prisma.TransactionClient,
  { id, variants: given, slug, title, description = null, categoryId = null }: NewProduct & { id: string },
  { currency, actorId }: { currency: string; actorId: string | null },
): Promise<void> {
  const variants = given.map(({ stock, ...variant }, position) => ({
    row: { id: randomUUID(), productId: id, currency, position, ...variant },
    stock,
  }))
  const prices = given.map(({ price }) => price)
  const minPrice = prices.reduce((least, price) => (price < least ? price : least))
  const maxPrice = prices.reduce((most, price) => (price > most ? price : most))
  await tx.product.createMany({ data: { id, slug, title, description, categoryId, minPrice, maxPrice, currency } })
  await tx.productVariant.createMany({ data: variants.map(({ row }) => row) })
  await tx.inventory.createMany({ data: variants.map(({ row, stock }) => ({ variantId: row.id, available: stock })) })
  await tx.inventoryAdjustment.createMany({
    data: variants
      .filter(({ stock }) => stock > 0)
      .map(({ row, stock }) => ({ variantId: row.id, delta: stock, reason: 'first stock', actorId })),
  })
}
