import { stockRejected, stockReserved } from '@portico/events/contract'
import { handler, type Handler } from '@portico/events/inbox'
import { EXPIRED, isExpired } from './expiry.ts'
import type { Prisma } from './generated/prisma/client.ts'
import { settle } from './order-transitions.ts'

type Tx = Prisma.TransactionClient

/**
 * What becomes of a pending order when products has decided about its stock. One that was closed meanwhile stays as it
 * is, and one whose time is over is closed: the event of its closing releases its stock, whenever that was reserved.
 */
export function stockHandlers(now: () => number): Handler<Tx>[] {
  return [
    handler(stockReserved, (tx: Tx, { orderId }, cause) =>
      settle(tx, orderId, (order) =>
        isExpired(order, now()) ? { to: 'REJECTED', reason: EXPIRED, cause } : { to: 'CONFIRMED', cause },
      ),
    ),
    handler(stockRejected, (tx: Tx, { orderId, shortages }, cause) => {
      const reason = `Out of stock: ${shortages.map(({ sku }) => sku).join(', ')}.`
      return settle(tx, orderId, () => ({ to: 'REJECTED', reason, cause }))
    }),
  ]
}
