import { isDeepStrictEqual } from 'node:util'
import type { LineRow, OrderRow } from '../books.ts'
import type { OrderEntry } from '../ledger.ts'
import { linesOf } from './lines.ts'
import { indexBy, type Invariant } from './violation.ts'

/** Each order has the lines that its customer asked for, and costs what they cost, and what the customer insisted on. */
export const ordersAreAsAskedFor: Invariant = (books, ledger) => {
  const entries = indexBy(ledger.orders, ({ customerId, key }) => `${customerId} ${key}`)
  const lines = Map.groupBy(books.lines, ({ orderId }) => orderId)
  return books.orders.flatMap((order) => {
    const entry = entries.get(`${order.customerId} ${order.key}`)
    const ordered = lines.get(order.id) ?? []
    const detail = JSON.stringify({ order, ordered, entry })
    const violation = (rule: string) => [{ rule, subject: order.id, detail }]
    if (entry && !isDeepStrictEqual(linesOf(ordered), linesOf(entry.lines))) return violation('lines are as asked for')
    if (!addsUp(order, ordered)) return violation('bills add up')
    if (entry && !costsAsExpected(order, entry)) return violation('totals are as expected')
    return []
  })
}

function addsUp({ subtotal, shipping, total }: OrderRow, lines: readonly LineRow[]): boolean {
  const sum = lines.reduce((soFar, { quantity, unitPrice }) => soFar + quantity * unitPrice, 0)
  return subtotal === sum && total === subtotal + shipping && shipping > 0
}

function costsAsExpected({ total }: OrderRow, { expectedTotal }: OrderEntry): boolean {
  return expectedTotal === undefined || Math.round(Number(expectedTotal) * 100) === total
}
