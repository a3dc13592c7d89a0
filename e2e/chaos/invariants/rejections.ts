import type { OrderRow } from '../books.ts'
import type { Invariant } from './violation.ts'

/** Orders are rejected for want of stock, of which the customer is told, or because their time was over: for nothing else. */
export const rejectionsHaveAReason: Invariant = (books) => {
  const refused = new Set(
    books.outbox.filter(({ type }) => type === 'portico.stock.rejected.v1').map(({ subject }) => subject),
  )
  const closedAt = new Map(
    books.history.filter(({ to }) => to === 'REJECTED').map(({ orderId, at }) => [orderId, at] as const),
  )
  const skus = Map.groupBy(books.lines, ({ orderId }) => orderId)
  const isForStock = ({ id, statusReason }: OrderRow) =>
    refused.has(id) && (skus.get(id) ?? []).some(({ sku }) => statusReason?.includes(sku))
  const isForTime = ({ id, expiresAt }: OrderRow) => (closedAt.get(id) ?? 0) >= expiresAt
  return books.orders
    .filter((order) => order.status === 'REJECTED' && !isForStock(order) && !isForTime(order))
    .map((order) => ({
      rule: 'orders are rejected for want of stock or of time',
      subject: order.id,
      detail: JSON.stringify({ ...order, closedAt: closedAt.get(order.id) }),
    }))
}
