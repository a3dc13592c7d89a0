import { orderClosed, orderConfirmed } from '@portico/events/contract'
import type { Announcement, Cause } from '@portico/events/event-type'
import { announce } from '@portico/events/outbox'
import { isId } from '@portico/service-kit/ids'
import { notFound, versionConflict, type ConflictError, type NotFoundError } from '@portico/service-kit/user-errors'
import type { Order, OrderActor, OrderStatus, Prisma, PrismaClient } from './generated/prisma/client.ts'
import { invalidTransition, mayTransition, type InvalidTransitionError } from './order-status.ts'

/** Where an order goes, who takes it there and why. */
export interface Step {
  to: OrderStatus
  actor: OrderActor
  /** The account that acts, if it is one of ours. */
  actorId: string | null
  reason?: string | null | undefined
  /** What else changes with the status. */
  data?: Pick<Order, 'trackingNumber'>
  /** What the events of it go back to. */
  cause?: Cause | undefined
}

export interface Transition extends Omit<Step, 'actor'> {
  orderId: string
  expectedVersion: number
  /** As what the account acts on this order; undefined when it is none of theirs. */
  actsAs: (order: Order) => OrderActor | undefined
}

export type TransitionResult =
  (Order & { __typename: 'Order' }) | NotFoundError | ConflictError | InvalidTransitionError

/**
 * Moves an order to another status: status, version, history and event together or not at all. Of several who start from
 * the same version one succeeds, and the others get a conflict.
 */
export async function transition(db: PrismaClient, change: Transition): Promise<TransitionResult> {
  const { orderId, to, expectedVersion, actsAs } = change
  if (!isId(orderId)) return notFound('order')
  const order = await db.order.findUnique({ where: { id: orderId } })
  const actor = order && actsAs(order)
  if (!actor) return notFound('order')
  if (order.version !== expectedVersion) return versionConflict(order.version)
  if (!mayTransition(order.status, to, actor)) return invalidTransition(order.status, to)

  const changed = await db.$transaction((tx) => takeStep(tx, order, { ...change, actor }))
  if (changed) return { __typename: 'Order', ...changed }
  const current = await db.order.findUnique({ where: { id: order.id } })
  return current ? versionConflict(current.version) : notFound('order')
}

/** Moves an order that nobody else has moved since it was read; undefined when somebody has. */
export async function takeStep(tx: Prisma.TransactionClient, order: Order, step: Step): Promise<Order | undefined> {
  const { to, actor, actorId, reason = null, data = {}, cause } = step
  // Status never changes without the version, so the version alone tells that the order is as it was read.
  const [row] = await tx.order.updateManyAndReturn({
    where: { id: order.id, version: order.version },
    data: { ...data, status: to, version: { increment: 1 }, ...(isClosing(to) ? { statusReason: reason } : {}) },
  })
  if (!row) return undefined
  // Each version has its row of history.
  await tx.orderEvent.createMany({
    data: { orderId: order.id, sequence: row.version, fromStatus: order.status, toStatus: to, actor, actorId, reason },
  })
  await announce(tx, ...eventsOf(row, cause))
  return row
}

/**
 * Takes a pending order where `stepOf` says, on behalf of the system; one that is not pending any more stays as it is.
 *
 * @throws Error when there is no such order.
 */
export async function settle(
  tx: Prisma.TransactionClient,
  orderId: string,
  stepOf: (order: Order) => Pick<Step, 'to' | 'reason' | 'cause'>,
): Promise<void> {
  for (;;) {
    const order = await tx.order.findUnique({ where: { id: orderId } })
    if (!order) throw new Error(`There is no order ${orderId}: was the database restored from a backup?`)
    if (order.status !== 'PENDING') return
    // Undefined when somebody moved it between the two statements; each reads anew.
    if (await takeStep(tx, order, { ...stepOf(order), actor: 'SYSTEM', actorId: null })) return
  }
}

function isClosing(status: OrderStatus): status is 'REJECTED' | 'CANCELLED' {
  return status === 'REJECTED' || status === 'CANCELLED'
}

/** What others have to know of the status that an order has reached. */
function eventsOf({ id, status }: Order, cause: Cause | undefined): Announcement[] {
  const event = { subject: id, cause }
  if (isClosing(status)) return [{ type: orderClosed, data: { orderId: id, status }, ...event }]
  if (status === 'CONFIRMED') return [{ type: orderConfirmed, data: { orderId: id }, ...event }]
  return []
}
