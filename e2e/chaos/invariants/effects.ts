import type { InboxRow, OutboxRow } from '../books.ts'
import { indexBy, type Invariant, type Violation } from './violation.ts'

/**
 * Each event was handled once: what a handler begins with was attempted as often as there are handled events that ask for
 * it. Else the inbox let a repeat through, be it that the handler made up for that.
 */
export const eventsAreHandledOnce: Invariant = ({ effects, inbox, outbox }) => {
  const sent = indexBy(outbox, ({ id }) => id)
  const due = new Map<string, number>()
  for (const event of inbox.filter(({ state }) => state === 'DONE')) {
    for (const subject of effectsOf(event, sent.get(event.id))) {
      const key = `${event.store} ${subject}`
      due.set(key, (due.get(key) ?? 0) + 1)
    }
  }
  const attempted = new Map(effects.map(({ store, subject, attempts }) => [`${store} ${subject}`, attempts]))
  return [...new Set([...due.keys(), ...attempted.keys()])].flatMap((key): Violation[] => {
    const [is, expected] = [attempted.get(key) ?? 0, due.get(key) ?? 0]
    if (is === expected) return []
    const [store, subject = '-'] = key.split(' ')
    const detail = `${store} did ${is} times what ${expected} events asked for`
    return [{ rule: 'each event is handled once', subject, detail }]
  })
}

/** The subjects of what the handler of an event does, as far as the databases note it. */
function effectsOf({ type, subject }: InboxRow, sent: OutboxRow | undefined): readonly string[] {
  switch (type) {
    case 'portico.order.placed.v1':
    case 'portico.order.closed.v1':
    case 'portico.product.changed.v1':
      return [subject]
    case 'portico.catalogue.page.v1': {
      const page = sent?.data as { products: { productId: string }[] } | undefined
      return (page?.products ?? []).map(({ productId }) => productId)
    }
    default:
      return []
  }
}
