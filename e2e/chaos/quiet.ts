import { setTimeout as sleep } from 'node:timers/promises'
import { connectPg } from '@portico/database/pg-connection'
import type { Client } from 'pg'

/** What is still to be done after the faults. */
export interface Unrest {
  /** Orders that nobody decided on. */
  pendingOrders: number
  /** Events in an outbox that were not delivered. */
  unsent: number
  /** Events that were delivered, as their sender knows, and that are in no inbox. */
  underWay: number
  /** Events in an inbox that were not handled. */
  unhandled: number
}

export interface QuietOptions {
  withinMs: number
  /** Deliveries that a proxy still holds. */
  held: () => number
}

const LOOK_EVERY_MS = 150

/** Waits until nothing is to be done any more, as the databases tell. Returns how long it took, and what is left. */
export async function untilQuiet(
  urls: { orders: string; products: string },
  { withinMs, held }: QuietOptions,
): Promise<{ tookMs: number; unrest: Unrest | undefined }> {
  await using orders = await connectPg(urls.orders, { name: 'chaos' })
  await using products = await connectPg(urls.products, { name: 'chaos' })
  const started = performance.now()
  for (;;) {
    const unrest = await readUnrest(orders.client, products.client)
    const tookMs = Math.round(performance.now() - started)
    const isQuiet = held() === 0 && Object.values(unrest).every((count) => count === 0)
    if (isQuiet) return { tookMs, unrest: undefined }
    if (tookMs > withinMs) return { tookMs, unrest }
    await sleep(LOOK_EVERY_MS)
  }
}

async function readUnrest(orders: Client, products: Client): Promise<Unrest> {
  const [ofOrders, ofProducts, pendingOrders] = [
    await countEvents(orders),
    await countEvents(products),
    await countPendingOrders(orders),
  ]
  return {
    pendingOrders,
    unsent: ofOrders.unsent + ofProducts.unsent,
    underWay: ofOrders.sent + ofProducts.sent - ofOrders.received - ofProducts.received,
    unhandled: ofOrders.unhandled + ofProducts.unhandled,
  }
}

interface EventCounts {
  unsent: number
  sent: number
  received: number
  unhandled: number
}

async function countEvents(client: Client): Promise<EventCounts> {
  const { rows } = await client.query<EventCounts>(`SELECT
    (SELECT count(*) FROM outbox_event WHERE state = 'PENDING')::int AS unsent,
    (SELECT count(*) FROM outbox_event WHERE state = 'DONE')::int AS sent,
    (SELECT count(*) FROM inbox_event)::int AS received,
    (SELECT count(*) FROM inbox_event WHERE state = 'PENDING')::int AS unhandled`)
  return rows[0] ?? { unsent: NaN, sent: NaN, received: NaN, unhandled: NaN }
}

async function countPendingOrders(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "order" WHERE status = 'PENDING'`,
  )
  return rows[0]?.count ?? NaN
}
