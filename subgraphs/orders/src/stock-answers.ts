import { stockRejected, stockReserved } from '@portico/events/contract'
import type { Cause } from '@portico/events/event-type'
import { handler } from '@portico/events/inbox'
import type { Prisma } from './generated/prisma/client.ts'
import { takeStep, type Step } from './order-transitions.ts'

/** What becomes of a pending order when products has decided about its stock. */
export const stockHandlers = [
  handler(stockReserved, (tx: Prisma.TransactionClient, { orderId }, cause) =>
    settle(tx, orderId, { to: 'CONFIRMED', cause }),
  ),
  handler(stockRejected, (tx: Prisma.TransactionClient, { orderId, shortages }, cause) => {
    const reason = `Out of stock: ${shortages.map(({ sku }) => sku).join(', ')}.`
    return settle(tx, orderId, { to: 'REJECTED', reason, cause })
  }),
]

/**
 * An order that was closed meanwhile stays as it is: the event of its closing releases its stock, whenever that was
 * reserved.
 */
async function settle(
  tx: Prisma.TransactionClient,
  orderId: string,
  step: Pick<Step, 'to' | 'reason'> & { cause: Cause },
): Promise<void> {
  for (;;) {
    const order = await tx.order.findUnique({ where: { id: orderId } })
    if (!order) throw new Error(`There is no order ${orderId}: was the database restored from a backup?`)
    if (order.status !== 'PENDING') return
    // Undefined when somebody cancelled it between the two statements; each reads anew.
    if (await takeStep(tx, order, { ...step, actor: 'SYSTEM', actorId: null })) return
  }
}
