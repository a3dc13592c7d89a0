import { isId } from '@portico/service-kit/ids'
import { notFound, versionConflict, type ConflictError, type NotFoundError } from '@portico/service-kit/user-errors'
import type { Order, OrderActor, OrderStatus, PrismaClient } from './generated/prisma/client.ts'
import { invalidTransition, mayTransition, type InvalidTransitionError } from './order-status.ts'

export interface Transition {
  orderId: string
  to: OrderStatus
  actor: OrderActor
  /** The account that acts, if it is one of ours. */
  actorId: string | null
  expectedVersion: number
  /** What else changes with the status. */
  data?: Pick<Order, 'trackingNumber'>
}

export type TransitionResult =
  (Order & { __typename: 'Order' }) | NotFoundError | ConflictError | InvalidTransitionError

/**
 * Moves an order to another status: status, version and history together or not at all. Of several who start from the
 * same version one succeeds, and the others get a conflict.
 */
export async function transition(db: PrismaClient, change: Transition): Promise<TransitionResult> {
  const { orderId, to, actor, actorId, expectedVersion, data = {} } = change
  if (!isId(orderId)) return notFound('order')
  const order = await db.order.findUnique({ where: { id: orderId } })
  if (!order) return notFound('order')
  if (order.version !== expectedVersion) return versionConflict(order.version)
  if (!mayTransition(order.status, to, actor)) return invalidTransition(order.status, to)

  const changed = await db.$transaction(async (tx) => {
    // Status never changes without the version, so the version alone tells that the order is as it was read.
    const [row] = await tx.order.updateManyAndReturn({
      where: { id: order.id, version: expectedVersion },
      data: { ...data, status: to, version: { increment: 1 } },
    })
    if (!row) return undefined
    const { _max: last } = await tx.orderEvent.aggregate({ where: { orderId: order.id }, _max: { sequence: true } })
    const sequence = (last.sequence ?? 0) + 1
    await tx.orderEvent.create({
      data: { orderId: order.id, sequence, fromStatus: order.status, toStatus: to, actor, actorId },
    })
    return row
  })
  if (changed) return { __typename: 'Order', ...changed }
  const current = await db.order.findUnique({ where: { id: order.id } })
  return current ? versionConflict(current.version) : notFound('order')
}
