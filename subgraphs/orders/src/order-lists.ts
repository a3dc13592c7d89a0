import { isId } from '@portico/service-kit/ids'
import {
  createOrdering,
  idKey,
  instantKey,
  parsePage,
  toConnection,
  type Connection,
  type Page,
  type PageArguments,
} from '@portico/service-kit/pagination'
import { z } from 'zod'
import { Prisma, type Order, type OrderStatus, type PrismaClient } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'

export interface OrderConnection extends Connection<Order> {
  /** Counts only when it is selected. */
  totalCount: () => Promise<number>
}

export interface OrderListArguments extends Pick<PageArguments, 'first' | 'after'> {
  status?: OrderStatus | null | undefined
}

/** When an order was placed, and its id. */
type Position = [placedAt: string, id: string]

/** One page of orders of one status, or of all when it is null. */
interface OrderPage {
  page: Page<Position>
  status: OrderStatus | null
}

/** One page of one customer's orders. */
export interface CustomerPage extends OrderPage {
  customerId: string
}

/** How many orders of a status a customer has. */
export interface StatusCount {
  status: OrderStatus
  orders: number
}

const newestFirst = createOrdering<Position>('orders', z.tuple([instantKey, idKey]))

/** All orders, newest first, for those who may read them. */
export async function listOrders(
  db: PrismaClient,
  { status = null, ...args }: OrderListArguments,
): Promise<OrderConnection> {
  const page = parsePage(args, newestFirst)
  const rows = await db.$queryRaw<Order[]>(selectPage(Prisma.sql`TRUE`, { page, status }))
  return { ...connectionOf(rows, page), totalCount: () => db.order.count({ where: status ? { status } : {} }) }
}

/** A customer's orders, newest first. */
export async function listOrdersOf(
  customerId: string,
  { status = null, ...args }: OrderListArguments,
  loaders: Loaders,
): Promise<OrderConnection> {
  const page = parsePage(args, newestFirst)
  const rows = await loaders.ordersOf.load({ customerId, page, status })
  return {
    ...connectionOf(rows, page),
    async totalCount() {
      const counts = await loaders.orderCountsOf.load(customerId)
      const counted = counts.filter((count) => status === null || count.status === status)
      return counted.reduce((sum, { orders }) => sum + orders, 0)
    },
  }
}

/** The rows of many customers' pages, in one statement for all whose pages are alike. */
export async function loadPages(db: PrismaClient, wanted: readonly CustomerPage[]): Promise<Order[][]> {
  const alike = Map.groupBy(wanted, ({ page, status }) => JSON.stringify([page, status]))
  const loaded = await Promise.all(
    [...alike.values()].map(async (group) => {
      const rows = await selectPages(db, group)
      const byCustomer = Map.groupBy(rows, ({ customerId }) => customerId)
      return group.map((key) => [key, byCustomer.get(key.customerId.toLowerCase()) ?? []] as const)
    }),
  )
  const rowsOf = new Map(loaded.flat())
  return wanted.map((key) => rowsOf.get(key) ?? [])
}

/** How many orders each customer has in each status, so that one statement serves every filter. */
export async function countByStatus(db: PrismaClient, customerIds: string[]): Promise<Map<string, StatusCount[]>> {
  const groups = await db.order.groupBy({
    by: ['customerId', 'status'],
    where: { customerId: { in: customerIds } },
    _count: true,
  })
  const counts = groups.map(({ customerId, status, _count }) => ({ customerId, status, orders: _count }))
  return Map.groupBy(counts, ({ customerId }) => customerId)
}

async function selectPages(db: PrismaClient, alike: readonly CustomerPage[]): Promise<Order[]> {
  const customerIds = new Set(alike.map(({ customerId }) => customerId.toLowerCase()).filter(isId))
  const [page] = alike
  if (!page || customerIds.size === 0) return []
  return db.$queryRaw<Order[]>`
    SELECT page.* FROM unnest(${[...customerIds]}::uuid[]) AS customer (id)
    CROSS JOIN LATERAL (${selectPage(Prisma.sql`o.customer_id = customer.id`, page)}) AS page
    ORDER BY page."placedAt" DESC, page.id DESC`
}

function selectPage(condition: Prisma.Sql, { page: { after, limit }, status }: OrderPage): Prisma.Sql {
  const ofStatus = status === null ? Prisma.sql`TRUE` : Prisma.sql`o.status = ${status}::"OrderStatus"`
  // Compared as a row, so that an index leads straight to where the page starts.
  const next = after
    ? Prisma.sql`(o.placed_at, o.id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
    : Prisma.sql`TRUE`
  return Prisma.sql`
    SELECT
      o.id, o.number, o.customer_id AS "customerId", o.status, o.status_reason AS "statusReason", o.currency,
      o.subtotal, o.shipping, o.total, o.recipient, o.line1, o.line2, o.city, o.region, o.postal_code AS "postalCode",
      o.country_code AS "countryCode", o.tracking_number AS "trackingNumber", o.placed_at AS "placedAt", o.version
    FROM "order" AS o
    WHERE ${condition} AND ${ofStatus} AND ${next}
    ORDER BY o.placed_at DESC, o.id DESC
    LIMIT ${limit + 1}`
}

function connectionOf(rows: readonly Order[], page: Page<Position>): Connection<Order> {
  return toConnection(rows, page, ({ placedAt, id }) => newestFirst.encode([placedAt.toISOString(), id]))
}
