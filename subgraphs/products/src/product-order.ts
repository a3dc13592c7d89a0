import { isStorable } from '@portico/service-kit/ids'
import { createOrdering, idKey, instantKey, type Ordering, type Page } from '@portico/service-kit/pagination'
import { z } from 'zod'
import { Prisma, type Product } from './generated/prisma/client.ts'

export type ProductSort = 'NEWEST' | 'PRICE_ASC' | 'PRICE_DESC' | 'TITLE_ASC' | 'RELEVANCE'

/** A product as a list finds it; the rank is 0 when nothing is searched for. */
export type ListedProduct = Product & { rank: number }

type SortValue = string | number
/** Where a product stands in an order. */
export type Position = [value: SortValue, id: string]

/** An order of products `p`: by a column, then by id, both in the same direction so that one row comparison does. */
export interface ProductOrder {
  cursors: Ordering<Position>
  column: Prisma.Sql
  descending: boolean
  valueOf: (product: ListedProduct) => SortValue
  /** The value of a cursor as the column has it. */
  bind: (value: SortValue) => Prisma.Sql
}

const amount = z
  .string()
  .regex(/^\d{1,19}$/)
  .refine((digits) => BigInt.asIntN(64, BigInt(digits)) === BigInt(digits))

/** What a product costs at least: its cheapest variant. */
const byPrice = {
  column: Prisma.sql`p.min_price`,
  // JSON has no bigint.
  valueOf: ({ minPrice }: ListedProduct) => minPrice.toString(),
  bind: (value: SortValue) => Prisma.sql`${BigInt(value)}::bigint`,
}

export const PRODUCT_ORDERS: Readonly<Record<ProductSort, ProductOrder>> = {
  NEWEST: {
    cursors: cursorsOf('newest', instantKey),
    column: Prisma.sql`p.created_at`,
    descending: true,
    valueOf: ({ createdAt }) => createdAt.toISOString(),
    bind: (value) => Prisma.sql`${new Date(value)}::timestamptz`,
  },
  PRICE_ASC: { ...byPrice, cursors: cursorsOf('price-asc', amount), descending: false },
  PRICE_DESC: { ...byPrice, cursors: cursorsOf('price-desc', amount), descending: true },
  TITLE_ASC: {
    cursors: cursorsOf('title-asc', z.string().refine(isStorable)),
    column: Prisma.sql`p.title_key`,
    descending: false,
    valueOf: ({ titleKey }) => titleKey,
    bind: (value) => Prisma.sql`${value}::text`,
  },
  RELEVANCE: {
    cursors: cursorsOf('relevance', z.int32()),
    column: Prisma.sql`p.rank`,
    descending: true,
    valueOf: ({ rank }) => rank,
    bind: (value) => Prisma.sql`${value}::int`,
  },
}

function cursorsOf(name: string, value: z.ZodType<SortValue>): Ordering<Position> {
  return createOrdering(`products:${name}`, z.tuple([value, idKey]))
}

/** The conditions that keep to the rows between a page's cursors. */
export function between({ column, descending, bind }: ProductOrder, { after, before }: Page<Position>): Prisma.Sql[] {
  const beyond = ([value, id]: Position, forward: boolean) =>
    forward === descending
      ? Prisma.sql`(${column}, p.id) < (${bind(value)}, ${id}::uuid)`
      : Prisma.sql`(${column}, p.id) > (${bind(value)}, ${id}::uuid)`
  return [...(after ? [beyond(after, true)] : []), ...(before ? [beyond(before, false)] : [])]
}

/** The order in which a page is read: from its end when it is read backward. */
export function orderBy({ column, descending }: ProductOrder, { direction }: Page<Position>): Prisma.Sql {
  return descending === (direction === 'forward') ? Prisma.sql`${column} DESC, p.id DESC` : Prisma.sql`${column}, p.id`
}
