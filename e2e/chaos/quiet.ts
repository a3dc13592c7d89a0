import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectPg } from '@portico/database/pg-connection'
import type { Client } from 'pg'
import { otherThan } from './event-wiring.ts'
import type { StoreName } from './stores.ts'

/** What is still to be done after the faults. */
export interface Unrest {
  /** Orders that nobody decided on. */
  pendingOrders: number
  /** Events in an outbox that were not delivered. */
  unsent: number
  /** Events that were delivered, as their sender knows, and that are not in the inbox of the other one, by sender. */
  underWay: Readonly<Record<StoreName, number>>
  /** Events in an inbox that were not handled. */
  unhandled: number
  /** Deliveries that a proxy or a holder still has. */
  held: number
  /** Messages in the queues of a broker. */
  queued: number
}

/** Where there is something to look at. */
export interface QuietOptions {
  urls: Readonly<Record<StoreName, string>>
  held: () => number
  queued: () => Promise<number>
  withinMs: number
}

const LOOK_EVERY_MS = 250

/**
 * Waits until nothing is to be done any more, and two looks in a row have seen the same. Returns what is left.
 *
 * @throws Error when a database can't be asked.
 */
export async function untilQuiet(options: QuietOptions): Promise<Unrest | undefined> {
  await using orders = await connectPg(options.urls.orders, { name: 'chaos' })
  await using products = await connectPg(options.urls.products, { name: 'chaos' })
  const deadline = performance.now() + options.withinMs
  let last: Record<StoreName, Traffic> | undefined
  for (;;) {
    const traffic = { orders: await readTraffic(orders.client), products: await readTraffic(products.client) }
    const unrest = await judge(traffic, options, await countPendingOrders(orders.client))
    const isQuiet = isNothing(unrest)
    if (isQuiet && isDeepStrictEqual(traffic, last)) return undefined
    if (performance.now() > deadline) return unrest
    last = isQuiet ? traffic : undefined
    await sleep(LOOK_EVERY_MS)
  }
}

async function judge(
  { orders, products }: Record<StoreName, Traffic>,
  { held, queued }: QuietOptions,
  pendingOrders: number,
): Promise<Unrest> {
  const traffic = { orders, products }
  const underWay = (name: StoreName) => traffic[name].sent - traffic[otherThan(name)].received
  return {
    pendingOrders,
    unsent: orders.unsent + products.unsent,
    underWay: { orders: underWay('orders'), products: underWay('products') },
    unhandled: orders.unhandled + products.unhandled,
    held: held(),
    // A broker that has just come back may not answer yet.
    queued: await queued().catch(() => NaN),
  }
}

function isNothing({ underWay, ...counts }: Unrest): boolean {
  return [...Object.values(underWay), ...Object.values(counts)].every((count) => count === 0)
}

/** The events of one database. */
interface Traffic {
  unsent: number
  sent: number
  received: number
  unhandled: number
}

async function readTraffic(client: Client): Promise<Traffic> {
  const { rows } = await client.query<Traffic>(`SELECT
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
