import type { MinorMoney } from '@portico/service-kit/money'
import type { PrismaClient } from './generated/prisma/client.ts'
import { SOLD_STATUSES } from './order-status.ts'

/** What each customer who ever bought has spent in a currency; orders of another currency stay out of the sum. */
export async function loadSpend(
  db: PrismaClient,
  customerIds: string[],
  currency: string,
): Promise<Map<string, MinorMoney>> {
  const sums = await db.order.groupBy({
    by: ['customerId'],
    where: { customerId: { in: customerIds }, status: { in: [...SOLD_STATUSES] }, currency },
    _sum: { total: true },
  })
  return new Map(sums.map(({ customerId, _sum }) => [customerId, { minor: _sum.total ?? 0n, currency }]))
}

/** How many pieces were sold of each variant that ever was. */
export async function loadUnitsSold(db: PrismaClient, variantIds: string[]): Promise<Map<string, number>> {
  const sums = await db.orderLine.groupBy({
    by: ['variantId'],
    where: { variantId: { in: variantIds }, order: { status: { in: [...SOLD_STATUSES] } } },
    _sum: { quantity: true },
  })
  return new Map(sums.map(({ variantId, _sum }) => [variantId, _sum.quantity ?? 0]))
}
