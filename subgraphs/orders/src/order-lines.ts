import type { Order, OrderLine, PrismaClient } from './generated/prisma/client.ts'

/** A line with the currency of its order, without which its price says nothing. */
export interface PricedLine extends OrderLine {
  currency: string
}

/** The lines of each order, as they were put in the basket. */
export async function loadLines(
  db: PrismaClient,
  orders: readonly Pick<Order, 'id' | 'currency'>[],
): Promise<PricedLine[][]> {
  const lines = await db.orderLine.findMany({
    where: { orderId: { in: orders.map(({ id }) => id) } },
    orderBy: { position: 'asc' },
  })
  const byOrder = Map.groupBy(lines, ({ orderId }) => orderId)
  return orders.map(({ id, currency }) => (byOrder.get(id) ?? []).map((line) => ({ ...line, currency })))
}
