import type { AdjustmentEntry } from '../ledger.ts'
import { indexBy, type Invariant, type Violation } from './violation.ts'

/** Who was told that something is done finds it done, once; and nothing is done that nobody asked for. */
export const ordersKeepTheirWord: Invariant = (books, ledger) => {
  const orders = Map.groupBy(books.orders, ({ customerId, key }) => `${customerId} ${key}`)
  const kept = Map.groupBy(books.keys, ({ customerId, key }) => `${customerId} ${key}`)
  const wanted = new Set(ledger.orders.map(({ customerId, key }) => `${customerId} ${key}`))
  const violations = ledger.orders.flatMap((entry): Violation[] => {
    const name = `${entry.customerId} ${entry.key}`
    const found = (orders.get(name) ?? []).map(({ id }) => id)
    const told = [...new Set(entry.acknowledged)]
    const keys = (kept.get(name) ?? []).map(({ orderId }) => orderId)
    const detail = JSON.stringify({ ...entry, found, keys })
    const violation = (rule: string) => [{ rule, subject: found[0] ?? told[0] ?? entry.key, detail }]
    if (found.length > 1) return violation('each key has at most one order')
    if (told.length > 1) return violation('each key has one answer')
    if (told.length === 1 && told[0] !== found[0]) return violation('what was acknowledged is there')
    if (keys.length !== found.length || keys[0] !== found[0]) return violation('each key is kept with its order')
    const isRefused = entry.attempts > 0 && entry.refused.length === entry.attempts
    if (isRefused && found.length > 0) return violation('what was refused is not there')
    if (!entry.isSettled) return violation('everyone gets an answer in the end')
    return []
  })
  const unasked = books.orders
    .filter(({ customerId, key }) => !wanted.has(`${customerId} ${key}`))
    .map((order) => ({ rule: 'each order was asked for', subject: order.id, detail: JSON.stringify(order) }))
  return [...violations, ...unasked]
}

/** Every acknowledged step of an order is in its history, as that version. */
export const stepsAreKept: Invariant = ({ history }, ledger) => {
  const versions = indexBy(history, ({ orderId, sequence }) => `${orderId} ${sequence}`)
  return ledger.steps
    .filter(({ orderId, version, to }) => versions.get(`${orderId} ${version}`)?.to !== to)
    .map((step) => ({ rule: 'every acknowledged step is kept', subject: step.orderId, detail: JSON.stringify(step) }))
}

/** Every acknowledged adjustment was made once, and no other more than once. */
export const adjustmentsAreMadeOnce: Invariant = (books, ledger) => {
  const made = Map.groupBy(books.adjustments, ({ reason }) => reason)
  return ledger.adjustments.flatMap((entry) => {
    const rows = made.get(entry.key) ?? []
    const isRight = rows.every(({ variantId, delta }) => variantId === entry.variantId && delta === entry.delta)
    if (isRight && timesOf(entry).includes(rows.length)) return []
    const detail = JSON.stringify({ ...entry, rows })
    return [{ rule: 'adjustments are made once', subject: entry.variantId, detail }]
  })
}

/** How often an adjustment may be there. An earlier attempt, of which nobody heard, may have come after a refusal. */
function timesOf({ answer, attempts }: AdjustmentEntry): readonly number[] {
  if (answer === 'acknowledged') return [1]
  return answer === 'refused' && attempts === 1 ? [0] : [0, 1]
}

/** No answer was one that should never be given. */
export const answersAreSound: Invariant = (_, ledger) =>
  ledger.oddities.map((detail) => ({ rule: 'answers are sound', subject: '-', detail }))
