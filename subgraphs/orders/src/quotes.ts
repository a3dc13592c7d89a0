import { isId } from '@portico/service-kit/ids'
import { validationError, type ValidationError } from '@portico/service-kit/validation'
import { z } from 'zod'
import type { Prisma } from './generated/prisma/client.ts'
import { loadRates, rateFor } from './shipping-rates.ts'

/** A line as customers ask for it. */
export interface WantedLine {
  variantId: string
  quantity: number
}

/** A line with what it costs, in minor units of the shop's currency. */
export interface QuoteLine extends WantedLine {
  sku: string
  title: string
  unitPrice: bigint
  currency: string
}

/** What lines would cost now, in minor units. */
export interface Quote {
  currency: string
  lines: QuoteLine[]
  subtotal: bigint
  shipping: bigint
  total: bigint
}

const MOST_LINES = 50
const MOST_PIECES = 999
/** In minor units: far below what a BIGINT holds, also after shipping is added. */
const MOST_TOTAL = 10n ** 17n

/** The lines of an order: each variant once. */
export const wantedLines = z
  .array(
    z.object({
      variantId: z.string().toLowerCase(),
      quantity: z.int().min(1, 'must be at least 1').max(MOST_PIECES, `must be at most ${MOST_PIECES}`),
    }),
  )
  .min(1, 'must be at least one')
  .max(MOST_LINES, `must be at most ${MOST_LINES}`)
  .superRefine((lines, context) => {
    const seen = new Set<string>()
    for (const [index, { variantId }] of lines.entries()) {
      if (seen.has(variantId)) {
        context.addIssue({ code: 'custom', path: [index, 'variantId'], message: 'is given twice' })
      }
      seen.add(variantId)
    }
  })

/** The code of a country, as shipping rates have it. */
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code such as DE')

/** Where parts of the input are, for what is said of them. */
const atInput = (...path: readonly (string | number)[]) => ['input', ...path.map(String)]

/** Prices lines by the copy of the catalogue, and shipping by weight and country. */
export async function quote(
  db: Prisma.TransactionClient,
  { lines: wanted, country, currency }: { lines: readonly WantedLine[]; country: string; currency: string },
): Promise<Quote | ValidationError> {
  const [variants, [rates = []]] = await Promise.all([
    db.catalogueVariant.findMany({
      where: { variantId: { in: wanted.map(({ variantId }) => variantId).filter(isId) } },
    }),
    loadRates(db, [country]),
  ])
  const known = new Map(variants.map((variant) => [variant.variantId, variant]))
  const issues: ValidationError['issues'] = []
  const lines: QuoteLine[] = []
  let weight = 0
  for (const [index, { variantId, quantity }] of wanted.entries()) {
    const variant = known.get(variantId)
    if (variant?.currency !== currency) {
      issues.push({ path: atInput('lines', index, 'variantId'), message: 'is not for sale' })
      continue
    }
    const { sku, title, price: unitPrice, weightGrams } = variant
    weight += weightGrams * quantity
    lines.push({ variantId, quantity, sku, title, unitPrice, currency })
  }
  if (issues.length > 0) return validationError(issues)

  const rate = rateFor(
    weight,
    rates.filter((one) => one.currency === currency),
  )
  if (!rate) {
    return validationError([
      { path: atInput('lines'), message: `weighs ${weight} g, which no parcel to ${country} holds` },
    ])
  }
  const subtotal = lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * BigInt(quantity), 0n)
  if (subtotal > MOST_TOTAL)
    return validationError([{ path: atInput('lines'), message: 'costs more than an order can' }])
  return { currency, lines, subtotal, shipping: rate.price, total: subtotal + rate.price }
}
