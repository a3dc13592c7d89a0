import { isDeepStrictEqual } from 'node:util'
import type { OutboxRow, ReservedLine } from '../books.ts'
import { otherThan } from '../event-wiring.ts'
import { linesOf } from './lines.ts'
import { indexBy, type Invariant, type Violation } from './violation.ts'

/** Every event was sent, arrived, and was handled; and nothing arrived that nobody sent. */
export const eventsAreAccountedFor: Invariant = ({ outbox, inbox }) => {
  const received = indexBy(inbox, ({ store, source, id }) => `${store} ${source} ${id}`)
  const sent = new Set<string>()
  const lost = outbox.flatMap((event): Violation[] => {
    const key = `${otherThan(event.store)} /portico/${event.store} ${event.id}`
    sent.add(key)
    const copy = received.get(key)
    const { data: _, ...known } = event
    const violation = (rule: string) => [{ rule, subject: event.subject, detail: JSON.stringify({ known, copy }) }]
    if (event.state !== 'DONE') return violation('every event is sent')
    if (!copy) return violation('every event that was sent arrived')
    if (copy.state !== 'DONE') return violation('every event that arrived was handled')
    if (copy.type !== event.type || copy.subject !== event.subject) return violation('events arrive as they were sent')
    return []
  })
  const unknown = inbox
    .filter(({ store, source, id }) => !sent.has(`${store} ${source} ${id}`))
    .map((event) => ({
      rule: 'every event that arrived was sent',
      subject: event.subject,
      detail: JSON.stringify(event),
    }))
  return [...lost, ...unknown]
}

/** What became of an order was told to products, once and no more, and what products decided was told to orders. */
export const ordersTellTheirStory: Invariant = (books) => {
  const byOrder = Map.groupBy(books.outbox, ({ subject }) => subject)
  const reached = new Set(books.history.map(({ orderId, to }) => `${orderId} ${to}`))
  const claims = indexBy(books.claims, ({ orderId }) => orderId)
  const lines = Map.groupBy(books.lines, ({ orderId }) => orderId)
  return books.orders.flatMap(({ id, status }) => {
    const events = byOrder.get(id) ?? []
    const is = events.map(({ type }) => type).toSorted()
    const isClosed = status === 'REJECTED' || status === 'CANCELLED'
    const isDecided = is.filter((type) => type.startsWith('portico.stock.')).length
    const wasConfirmed = reached.has(`${id} CONFIRMED`)
    const detail = `${status}${wasConfirmed ? ', once CONFIRMED' : ''}; its events: ${is.join(', ')}`
    const expected: readonly [type: string, count: number, rule: string][] = [
      ['portico.order.placed.v1', 1, 'every order asks for its stock'],
      ['portico.order.confirmed.v1', wasConfirmed ? 1 : 0, 'who confirms says so'],
      ['portico.order.closed.v1', isClosed ? 1 : 0, 'who closes says so'],
    ]
    const violations = expected.flatMap(([type, count, rule]) =>
      is.filter((one) => one === type).length === count ? [] : [{ rule, subject: id, detail }],
    )
    // Of an order that was closed before products heard of it, nothing is decided.
    const decisions = claims.get(id)?.state === 'RELEASED' ? [0, 1] : [1]
    if (!decisions.includes(isDecided)) violations.push({ rule: 'stock is decided on once', subject: id, detail })
    return [...violations, ...linesThatDiffer(id, events, lines.get(id) ?? [])]
  })
}

function linesThatDiffer(id: string, events: readonly OutboxRow[], lines: readonly ReservedLine[]): Violation[] {
  const ordered = linesOf(lines)
  return events
    .filter(({ type }) => type === 'portico.order.placed.v1')
    .map(({ data }) => linesOf((data as { lines: { variantId: string; quantity: number }[] }).lines))
    .filter((told) => !isDeepStrictEqual(told, ordered))
    .map((told) => ({
      rule: 'orders ask for the stock of their lines',
      subject: id,
      detail: JSON.stringify({ told, ordered }),
    }))
}
