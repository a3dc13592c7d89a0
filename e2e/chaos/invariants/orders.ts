import type { HistoryRow, OrderRow } from '../books.ts'
import type { Invariant } from './violation.ts'

/** What orders do, as a shop would have it; the subgraph's own table is not asked. */
const LEGAL = new Set([
  'null PENDING CUSTOMER',
  'PENDING CONFIRMED SYSTEM',
  'PENDING REJECTED SYSTEM',
  'PENDING CANCELLED CUSTOMER',
  'PENDING CANCELLED STAFF',
  'CONFIRMED SHIPPED STAFF',
  'CONFIRMED CANCELLED CUSTOMER',
  'CONFIRMED CANCELLED STAFF',
  'SHIPPED DELIVERED STAFF',
])

/** Each order is decided, and its history tells every step of the way there. */
export const historiesAreComplete: Invariant = ({ orders, history }) => {
  const byOrder = Map.groupBy(history, ({ orderId }) => orderId)
  return orders.flatMap((order) => {
    const { id, status, version } = order
    const steps = byOrder.get(id) ?? []
    const path = steps.map(
      ({ sequence, from, to, actor, actorId }) => `${sequence}: ${from ?? 'nothing'} → ${to} by ${actor} ${actorId}`,
    )
    const detail = `${status}, version ${version}; ${path.join(', ')}`
    const violation = (rule: string) => [{ rule, subject: id, detail }]
    if (status === 'PENDING') return violation('every order is decided')
    if (!isComplete(steps, { status, version })) return violation('histories are complete')
    if (!steps.every(({ from, to, actor }) => LEGAL.has(`${from} ${to} ${actor}`))) {
      return violation('every step is a legal one')
    }
    if (!steps.every((step) => isByWhoItSays(step, order))) return violation('every step names who took it')
    if (!isExplained(order, steps)) return violation('who ends an order says why')
    return []
  })
}

function isComplete(steps: readonly HistoryRow[], order: { status: string; version: number }): boolean {
  return (
    steps.length === order.version &&
    steps.at(-1)?.to === order.status &&
    steps.every(({ sequence, from }, index) => sequence === index + 1 && from === (steps[index - 1]?.to ?? null))
  )
}

function isByWhoItSays({ actor, actorId }: HistoryRow, { customerId }: OrderRow): boolean {
  if (actor === 'CUSTOMER') return actorId === customerId
  return actor === 'STAFF' ? actorId !== null : actorId === null
}

function isExplained({ status, statusReason }: OrderRow, steps: readonly HistoryRow[]): boolean {
  if (status !== 'REJECTED' && status !== 'CANCELLED') return true
  return statusReason !== null && steps.at(-1)?.reason === statusReason
}
