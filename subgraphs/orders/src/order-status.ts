import type { OrderActor, OrderStatus } from './generated/prisma/enums.ts'

/** Every change of status that there is, and who may make it: from, to, by. */
const TRANSITIONS: Readonly<Record<OrderStatus, Readonly<Partial<Record<OrderStatus, readonly OrderActor[]>>>>> = {
  PENDING: { CONFIRMED: ['SYSTEM'], REJECTED: ['SYSTEM'], CANCELLED: ['CUSTOMER', 'STAFF'] },
  CONFIRMED: { SHIPPED: ['STAFF'], CANCELLED: ['CUSTOMER', 'STAFF'] },
  SHIPPED: { DELIVERED: ['STAFF'] },
  REJECTED: {},
  DELIVERED: {},
  CANCELLED: {},
}

export function mayTransition(from: OrderStatus, to: OrderStatus, actor: OrderActor): boolean {
  return TRANSITIONS[from][to]?.includes(actor) ?? false
}

/** The orders that count as sold: what they hold has left the stock for good, unless they are cancelled. */
export const SOLD_STATUSES: readonly OrderStatus[] = ['CONFIRMED', 'SHIPPED', 'DELIVERED']

/** The order is in a status from which this change does not lead, or not for this actor. */
export interface InvalidTransitionError {
  __typename: 'InvalidTransitionError'
  code: 'INVALID_TRANSITION'
  message: string
  from: OrderStatus
  to: OrderStatus
}

export function invalidTransition(from: OrderStatus, to: OrderStatus): InvalidTransitionError {
  return {
    __typename: 'InvalidTransitionError',
    code: 'INVALID_TRANSITION',
    message: `An order that is ${from} can't become ${to}.`,
    from,
    to,
  }
}
