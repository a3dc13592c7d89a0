import { randomUUID } from 'node:crypto'
import type { OrderDatabases, Variant } from './databases.ts'

/** Places an order and returns its id. */
export type Place = (customerId: string, lines: readonly { variant: Variant; quantity: number }[]) => Promise<string>

/** What a load came to. */
export interface OrdersResult {
  /** Orders confirmed per second. */
  perSecond: number
  /** From the moment at which a customer sends an order to the one at which its confirmation can be read, in ms. */
  p50: number
  p99: number
  count: number
}

const LINES = 3
/** More than order at once; each has a token for the gateway, and limits of their own. */
const CUSTOMERS = 500
/** How often confirmations are looked for: the latencies are too long by half of it. */
const LOOK_MS = 5

/** Customers who place orders, and a look at the database for what became of them. */
export function createCustomers(databases: OrderDatabases, place: Place) {
  const ids = Array.from({ length: CUSTOMERS }, () => randomUUID())
  const waiting = new Map<string, (at: number) => void>()
  const early = new Set<string>()
  const told = new Set<string>()
  let seen = 0n
  const stop = new AbortController()

  async function look() {
    while (!stop.signal.aborted) {
      // The outbox tells each confirmation once, in the order in which they were written.
      const rows = await databases.query<{ position: string; subject: string }>(
        'orders',
        `SELECT position, subject FROM outbox_event
         WHERE position > $1 AND type = 'portico.order.confirmed.v1' ORDER BY position`,
        [String(seen - OVERLAP > 0n ? seen - OVERLAP : 0n)],
      )
      const now = performance.now()
      for (const { position, subject } of rows) {
        if (BigInt(position) > seen) seen = BigInt(position)
        if (told.has(subject)) continue
        told.add(subject)
        const confirmed = waiting.get(subject)
        if (confirmed) confirmed(now)
        else early.add(subject)
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
  const looking = look()

  /** Resolves with how long the order took. */
  async function buy(): Promise<number> {
    const lines = Array.from({ length: LINES }, () => pick(databases.variants))
    const unique = [...new Set(lines)].map((variant) => ({ variant, quantity: 1 }))
    const started = performance.now()
    const id = await place(pick(ids), unique)
    const confirmedAt = early.delete(id)
      ? performance.now()
      : await new Promise<number>((resolve) => waiting.set(id, resolve))
    waiting.delete(id)
    return confirmedAt - started
  }

  return {
    /** So many customers, each of whom orders again as soon as an order is confirmed. */
    async closed(count: number, seconds: number): Promise<OrdersResult> {
      const until = performance.now() + seconds * 1000
      const latencies: number[] = []
      const started = performance.now()
      await Promise.all(
        Array.from({ length: count }, async () => {
          while (performance.now() < until) latencies.push(await buy())
        }),
      )
      return resultOf(latencies, (performance.now() - started) / 1000)
    },
    /** Customers who come at this rate, whatever becomes of those before them. */
    async open(perSecond: number, seconds: number): Promise<OrdersResult> {
      const orders: Promise<number>[] = []
      const started = performance.now()
      const total = Math.round(perSecond * seconds)
      while (orders.length < total) {
        const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
        while (orders.length < Math.min(due, total)) orders.push(buy())
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const latencies = await Promise.all(orders)
      return resultOf(latencies, (performance.now() - started) / 1000)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await looking
    },
  }
}

/** Positions are drawn before they are committed: a little of what was seen is looked at again. */
const OVERLAP = 500n

function pick<T>(list: readonly T[]): T {
  const one = list[Math.floor(Math.random() * list.length)]
  if (one === undefined) throw new Error('An empty list has nothing to pick.')
  return one
}

function resultOf(latencies: number[], seconds: number): OrdersResult {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), count: latencies.length }
}
