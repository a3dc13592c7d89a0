import { badUserInput } from '@portico/service-kit/errors'
import { isId } from '@portico/service-kit/ids'
import { parseAmount } from '@portico/service-kit/money'
import { Prisma, type ProductStatus } from './generated/prisma/client.ts'

export interface ProductFilter {
  search?: string | null | undefined
  categoryId?: string | null | undefined
  status?: ProductStatus | null | undefined
  inStock?: boolean | null | undefined
  minPrice?: string | null | undefined
  maxPrice?: string | null | undefined
}

/**
 * The conditions that a filter sets for products `p`, all but its search.
 *
 * @throws BAD_USER_INPUT for prices that can't be.
 */
export function conditionsOf(
  filter: ProductFilter,
  { statuses, currency }: { statuses: readonly ProductStatus[]; currency: string },
): Prisma.Sql[] {
  const { categoryId, inStock, status } = filter
  // One that the viewer does not know of selects nothing, like any other that no product has.
  const selected = status == null ? statuses : statuses.filter((visible) => visible === status)
  return [
    hasStatus(selected),
    ...(categoryId == null ? [] : [isBelow(categoryId)]),
    ...(inStock == null ? [] : [inStock ? HAS_STOCK : Prisma.sql`NOT ${HAS_STOCK}`]),
    ...pricedWithin(filter, currency),
  ]
}

function hasStatus(statuses: readonly ProductStatus[]): Prisma.Sql {
  const [first, ...others] = statuses
  if (first === undefined) return NOTHING
  // A single one compared with = lets an index that begins with the status serve the order too.
  return others.length === 0
    ? Prisma.sql`p.status = ${first}::"ProductStatus"`
    : Prisma.sql`p.status = ANY (${statuses}::"ProductStatus"[])`
}

const NOTHING = Prisma.sql`FALSE`

const HAS_STOCK = Prisma.sql`EXISTS (
  SELECT FROM product_variant v JOIN inventory i ON i.variant_id = v.id WHERE v.product_id = p.id AND i.available > 0
)`

/** In the category or one below it. UNION, unlike UNION ALL, would also end in a circle. */
function isBelow(categoryId: string): Prisma.Sql {
  if (!isId(categoryId)) return NOTHING
  return Prisma.sql`p.category_id IN (
    WITH RECURSIVE below AS (
      SELECT id FROM category WHERE id = ${categoryId}::uuid
      UNION
      SELECT c.id FROM category c JOIN below ON c.parent_id = below.id
    )
    SELECT id FROM below
  )`
}

/** Has a variant whose price is within the bounds, which count as within. */
function pricedWithin({ minPrice, maxPrice }: ProductFilter, currency: string): Prisma.Sql[] {
  const min = parsePrice('minPrice', minPrice, currency)
  const max = parsePrice('maxPrice', maxPrice, currency)
  if (min === undefined && max === undefined) return []
  if (min !== undefined && max !== undefined && min > max) {
    throw badUserInput('"minPrice" must not be above "maxPrice".', 'filter')
  }
  const bounds = [
    ...(min === undefined ? [] : [Prisma.sql`v.price >= ${min}`]),
    ...(max === undefined ? [] : [Prisma.sql`v.price <= ${max}`]),
  ]
  return [
    Prisma.sql`EXISTS (SELECT FROM product_variant v WHERE v.product_id = p.id AND ${Prisma.join(bounds, ' AND ')})`,
  ]
}

function parsePrice(name: string, amount: string | null | undefined, currency: string): bigint | undefined {
  if (amount == null) return undefined
  const price = parseAmount(amount, currency)
  if (price === undefined)
    throw badUserInput(`"${name}" has more digits than an amount of ${currency} can have.`, 'filter')
  if (price < 0n) throw badUserInput(`"${name}" must not be negative.`, 'filter')
  return price
}
