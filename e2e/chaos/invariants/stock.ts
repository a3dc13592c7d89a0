import { indexBy, type Invariant, type Violation } from './violation.ts'

const SOLD = new Set(['CONFIRMED', 'SHIPPED', 'DELIVERED'])

/** Nothing is sold that is not there, nothing is lost, and what is sold is what customers were sold. */
export const stockAddsUp: Invariant = (books) => {
  const statusOf = indexBy(books.orders, ({ id }) => id)
  const adjusted = sumBy(books.adjustments, ({ delta }) => delta)
  const held = sumBy(
    books.reservations.filter(({ state }) => state === 'HELD'),
    ({ quantity }) => quantity,
  )
  const ordered = sumBy(
    books.lines.filter(({ orderId }) => SOLD.has(statusOf.get(orderId)?.status ?? '')),
    ({ quantity }) => quantity,
  )
  return books.inventory.flatMap(({ variantId, available, reserved, sold }) => {
    const is = `available ${available}, reserved ${reserved}, sold ${sold}`
    const violations: Violation[] = []
    const expect = (holds: boolean, rule: string, detail: string) => {
      if (!holds) violations.push({ rule, subject: variantId, detail })
    }
    const total = adjusted.get(variantId) ?? 0
    expect(Math.min(available, reserved, sold) >= 0, 'stock is never negative', is)
    expect(available + reserved + sold === total, 'available + reserved + sold = adjustments', `${is}, of ${total}`)
    const ofClaims = held.get(variantId) ?? 0
    expect(reserved === ofClaims, 'reserved = what orders hold', `${is}, and orders hold ${ofClaims}`)
    const ofOrders = ordered.get(variantId) ?? 0
    expect(sold === ofOrders, 'sold = lines of the orders that hold', `${is}, and orders bought ${ofOrders}`)
    return violations
  })
}

/** Each order has one claim on stock, in the state that the order's status implies, for all of its lines. */
export const claimsFollowOrders: Invariant = (books) => {
  const claims = indexBy(books.claims, ({ orderId }) => orderId)
  const orders = indexBy(books.orders, ({ id }) => id)
  const reserved = Map.groupBy(books.reservations, ({ orderId }) => orderId)
  const lines = Map.groupBy(books.lines, ({ orderId }) => orderId)
  const strangers = books.claims
    .filter(({ orderId }) => !orders.has(orderId))
    .map(({ orderId, state }) => ({ rule: 'each claim has its order', subject: orderId, detail: state }))
  const wrong = books.orders.flatMap(({ id, status }): Violation[] => {
    const state = claims.get(id)?.state ?? 'none'
    const detail = `the order is ${status}, its claim ${state}`
    const reservations = reserved.get(id) ?? []
    if (!CLAIMS[status]?.includes(state)) return [{ rule: 'claims follow orders', subject: id, detail }]
    const isWhole = reservations.length === (lines.get(id) ?? []).length
    const rightly = reservations.every((one) => one.state === state)
    const holds = state === 'SOLD' ? isWhole && rightly : rightly
    return holds
      ? []
      : [{ rule: 'reservations follow claims', subject: id, detail: `${detail}, ${JSON.stringify(reservations)}` }]
  })
  return [...strangers, ...wrong]
}

/** The states that a claim may be in when all events have arrived. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  CONFIRMED: ['SOLD'],
  SHIPPED: ['SOLD'],
  DELIVERED: ['SOLD'],
  REJECTED: ['REFUSED', 'RELEASED'],
  CANCELLED: ['REFUSED', 'RELEASED'],
}

function sumBy<Row extends { variantId: string }>(rows: readonly Row[], of: (row: Row) => number) {
  const sums = new Map<string, number>()
  for (const row of rows) sums.set(row.variantId, (sums.get(row.variantId) ?? 0) + of(row))
  return sums
}
