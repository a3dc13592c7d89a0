import { DEMO_DATE, daysBetween, hoursAfter } from './calendar.ts'
import type { Random } from './random.ts'
import { words } from './words.ts'

export type OrderStatus = 'PENDING' | 'CONFIRMED' | 'REJECTED' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED'

export interface OrderEventRow {
  orderId: string
  sequence: number
  at: Date
  fromStatus: OrderStatus | null
  toStatus: OrderStatus
  actor: 'CUSTOMER' | 'STAFF' | 'SYSTEM'
  actorId: string | null
  reason: string | null
}

export interface HistoryOptions {
  order: { id: string; customerId: string; placedAt: Date }
  staffIds: readonly string[]
  /** What was not there, should the order be rejected. */
  scarceSku: string
}

const SECOND = 1 / 3_600

/** How many hours an order takes to come to a status, at least and at most. */
const DELAYS: Readonly<Record<OrderStatus, readonly [least: number, most: number]>> = {
  PENDING: [0, 0],
  CONFIRMED: [SECOND, 20 * SECOND],
  REJECTED: [SECOND, 20 * SECOND],
  SHIPPED: [4, 60],
  DELIVERED: [24, 120],
  CANCELLED: [0.1, 20],
}

const CUSTOMERS_REASONS = words('Ordered by mistake, Found it elsewhere, Takes too long, Wrong size, Changed my mind')
const STAFFS_REASONS = words('Address can not be reached, Asked for by phone, Damaged before sending')

/** Everything that happened to an order until the demo's present, from being placed on. */
export function generateHistory(random: Random, options: HistoryOptions): OrderEventRow[] {
  const { order } = options
  let at = order.placedAt
  let fromStatus: OrderStatus | null = null
  return choosePath(random, daysBetween(order.placedAt, DEMO_DATE)).map((toStatus, index) => {
    const [least, most] = DELAYS[toStatus]
    at = hoursAfter(at, least + random.fraction() * (most - least))
    const event = {
      orderId: order.id,
      sequence: index + 1,
      at,
      fromStatus,
      toStatus,
      ...explain(random, toStatus, options),
    }
    fromStatus = toStatus
    return event
  })
}

/** The older an order, the further it has come; the ages leave room for the longest delays. */
function choosePath(random: Random, ageInDays: number): OrderStatus[] {
  if (ageInDays > 1 && random.chance(0.04)) return ['PENDING', 'REJECTED']
  if (ageInDays > 1 && random.chance(0.03)) return ['PENDING', 'CANCELLED']
  if (ageInDays > 1 && random.chance(0.04)) return ['PENDING', 'CONFIRMED', 'CANCELLED']
  if (ageInDays < 1.5 && random.chance(0.7)) return ['PENDING']
  if (ageInDays < 3) return ['PENDING', 'CONFIRMED']
  if (ageInDays < 9) return ['PENDING', 'CONFIRMED', 'SHIPPED']
  return ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED']
}

function explain(
  random: Random,
  toStatus: OrderStatus,
  { order, staffIds, scarceSku }: HistoryOptions,
): Pick<OrderEventRow, 'actor' | 'actorId' | 'reason'> {
  const byCustomer = { actor: 'CUSTOMER', actorId: order.customerId } as const
  if (toStatus === 'PENDING') return { ...byCustomer, reason: null }
  if (toStatus === 'CONFIRMED') return { actor: 'SYSTEM', actorId: null, reason: null }
  if (toStatus === 'REJECTED') return { actor: 'SYSTEM', actorId: null, reason: `Out of stock: ${scarceSku}` }
  const byStaff = { actor: 'STAFF', actorId: random.pick(staffIds) } as const
  if (toStatus !== 'CANCELLED') return { ...byStaff, reason: null }
  return random.chance(0.7)
    ? { ...byCustomer, reason: random.pick(CUSTOMERS_REASONS) }
    : { ...byStaff, reason: random.pick(STAFFS_REASONS) }
}
