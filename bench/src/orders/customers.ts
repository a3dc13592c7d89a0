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
const CONFIRMED_WITHIN_MS = 60_000

/** Customers who place orders, and a look at the database for what became of them. */
export function createCustomers(databases: OrderDatabases, place: Place) {
  const ids = Array.from({ length: CUSTOMERS }, () => randomUUID())
  const waiting = new Map<string, PromiseWithResolvers<number>>()
  const stop = new AbortController()

  async function look() {
    while (!stop.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      if (waiting.size === 0) continue
      const rows = await databases.query<{ id: string; status: string }>(
        'orders',
        `SELECT id, status::text FROM "order" WHERE id = ANY($1) AND status <> 'PENDING'`,
        [[...waiting.keys()]],
      )
      const now = performance.now()
      for (const { id, status } of rows) {
        if (status === 'CONFIRMED') waiting.get(id)?.resolve(now)
        else waiting.get(id)?.reject(new Error(`An order is ${status}, though there is stock for all.`))
        waiting.delete(id)
      }
    }
  }
  const looking = look()

  /** Resolves with how long the order took since it was due. */
  async function buy(dueAt: number): Promise<number> {
    const lines = Array.from({ length: LINES }, () => pick(databases.variants))
    const unique = [...new Set(lines)].map((variant) => ({ variant, quantity: 1 }))
    const confirmed = Promise.withResolvers<number>()
    waiting.set(await place(pick(ids), unique), confirmed)
    return (await withDeadline(confirmed.promise)) - dueAt
  }

  return {
    /** So many customers, each of whom orders again as soon as an order is confirmed. */
    async closed(count: number, seconds: number): Promise<OrdersResult> {
      const until = performance.now() + seconds * 1000
      const latencies: number[] = []
      const started = performance.now()
      await Promise.all(
        Array.from({ length: count }, async () => {
          while (performance.now() < until) latencies.push(await buy(performance.now()))
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
        // Measured from when it was due, however late this program is.
        while (orders.length < Math.min(due, total)) {
          const order = buy(started + ((orders.length + 1) * 1000) / perSecond)
          // Looked at once all have been sent.
          order.catch(() => undefined)
          orders.push(order)
        }
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

async function withDeadline<Result>(promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('An order was not confirmed within a minute.')), CONFIRMED_WITHIN_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

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
