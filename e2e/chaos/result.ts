import type { Books } from './books.ts'
import type { FaultRecord } from './faults.ts'
import type { Violation } from './invariants/violation.ts'
import type { Ledger } from './ledger.ts'
import type { RunPlan } from './plan.ts'
import type { Unrest } from './quiet.ts'

/** What came of a run. */
export interface RunResult extends RunPlan {
  /** ISO 8601. */
  startedAt: string
  /** By their status. */
  orders: Record<string, number>
  /** Orders that were confirmed, whatever came after that. */
  confirmed: number
  /** Orders that customers were told of, repeats of a key not counted. */
  acknowledged: number
  /** How often customers asked for an order, repeats counted. */
  attempts: number
  refused: number
  /** Answers that were none, by reason. */
  failures: Record<string, number>
  faults: FaultRecord[]
  /** What happened to events on their way. */
  onTheWay: Record<string, number>
  events: EventCounts
  /** How often a process ended that nobody had ended, by its name and whether it had been ready. */
  ownExits: Record<string, number>
  quietAfterMs: number
  unrest: Unrest | undefined
  violations: Violation[]
  /** All that is known of the subjects of the first violations. */
  dossiers: Record<string, unknown>
}

export interface EventCounts {
  inOutboxes: number
  deliveries: number
  /** Deliveries of an event that had been delivered. */
  repeats: number
  /** Deliveries after one of a later event of the same subject. */
  overtaken: number
  /** Events that an inbox noted later than one that was sent after it, of the same subject: their first arrivals. */
  notedOutOfOrder: number
}

/** The result of a run of which nothing is known yet. */
export function emptyResult(plan: RunPlan): RunResult {
  return {
    ...plan,
    startedAt: new Date().toISOString(),
    orders: {},
    confirmed: 0,
    acknowledged: 0,
    attempts: 0,
    refused: 0,
    failures: {},
    faults: [],
    onTheWay: {},
    events: { inOutboxes: 0, deliveries: 0, repeats: 0, overtaken: 0, notedOutOfOrder: 0 },
    ownExits: {},
    quietAfterMs: 0,
    unrest: undefined,
    violations: [],
    dossiers: {},
  }
}

/** What people were told. */
export function summariseLedger(ledger: Ledger): Pick<RunResult, 'acknowledged' | 'attempts' | 'refused'> {
  return {
    acknowledged: acknowledgedIn(ledger),
    attempts: ledger.orders.reduce((sum, { attempts }) => sum + attempts, 0),
    refused: ledger.orders.filter(({ refused }) => refused.length > 0).length,
  }
}

export function acknowledgedIn({ orders }: Ledger): number {
  return orders.filter(({ acknowledged }) => acknowledged.length > 0).length
}

/** What the databases say. */
export function summariseBooks(books: Books): Pick<RunResult, 'orders' | 'confirmed'> & {
  events: Pick<EventCounts, 'inOutboxes' | 'notedOutOfOrder'>
} {
  return {
    orders: countBy(books.orders.map(({ status }) => status)),
    confirmed: books.history.filter(({ to }) => to === 'CONFIRMED').length,
    events: { inOutboxes: books.outbox.length, notedOutOfOrder: countOutOfOrder(books) },
  }
}

function countOutOfOrder({ outbox, inbox }: Books): number {
  const positions = new Map(outbox.map(({ id, position }) => [id, position]))
  const latest = new Map<string, number>()
  let count = 0
  for (const { store, id, subject } of inbox) {
    const key = `${store} ${subject}`
    const position = positions.get(id) ?? 0
    if (position < (latest.get(key) ?? 0)) count += 1
    latest.set(key, Math.max(position, latest.get(key) ?? 0))
  }
  return count
}

export function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
