import { mkdir, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueueType } from '@portico/events/rabbitmq-topology'
import { createRandom } from '@portico/database/demo/random'
import type { TestRabbitMq } from '@portico/testkit/rabbitmq'
import type { BrokenBuild } from './breakage.ts'
import { readBooks, type Books } from './books.ts'
import { runCustomer, type Shop } from './customers.ts'
import { describeSubject } from './dossier.ts'
import { runFaults, type FaultRecord } from './faults.ts'
import { allHold } from './invariants/all.ts'
import type { Violation } from './invariants/violation.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Fates } from './push-proxy.ts'
import { untilQuiet, type Unrest } from './quiet.ts'
import { createShopClient } from './shop-client.ts'
import { runManager, runSupport } from './staff.ts'
import type { StoreName, Stores } from './stores.ts'
import { startWorld, type World } from './world.ts'

export type TransportName = 'http' | 'rabbitmq'

/** A run to be. */
export interface RunPlan {
  /** The same seed draws the same shop, customers and faults; when what happens is the machine's affair. */
  seed: string
  transport: TransportName
  /** How long customers order and things break. */
  seconds: number
  /** It goes on until so many orders were acknowledged, a minute at most: a slow machine would show nothing else. */
  leastOrders: number
  customers: number
  /** Average pause of a customer between two orders, in milliseconds. */
  thinkMs: number
  /** Average pause between two faults, and their longest duration, in milliseconds. */
  faultEveryMs: number
  faultLongestMs: number
  /** Processes of each subgraph. */
  replicas: Readonly<Record<StoreName, number>>
  confirmWithinMs: number
  /** What happens to pushed events. */
  fates: Fates
  /** The kind of RabbitMQ's queues. */
  queueType: QueueType
  /** How long everything may take to come to rest after that. */
  quietWithinMs: number
}

/** What came of it. */
export interface RunResult extends RunPlan {
  orders: Record<string, number>
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
  /** How often a process ended without having been killed. */
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

export interface RunContext {
  stores: Stores
  /** For runs by RabbitMQ. */
  broker?: TestRabbitMq | undefined
  /** For logs; it is emptied. */
  folder: string
  compileCache: string
  /** How the subgraphs are broken on purpose. */
  build?: BrokenBuild | undefined
  /** Ends the load early. */
  stopping?: AbortSignal
}

const READY_WITHIN_MS = 60_000
const DOSSIERS = 10

/** Opens a shop, lets customers order while things break, waits until all is quiet, and looks what does not hold. */
export async function runChaos(plan: RunPlan, context: RunContext): Promise<RunResult> {
  const { stores, folder, stopping } = context
  const broker = plan.transport === 'rabbitmq' ? context.broker : undefined
  if (plan.transport === 'rabbitmq' && !broker) throw new Error('A run by RabbitMQ needs a broker.')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const random = createRandom(plan.seed)
  const ledger = createLedger()
  const urls = {
    orders: stores.orders.urlAt(stores.orders.postgres.port),
    products: stores.products.urlAt(stores.products.postgres.port),
  }

  await using world = await startWorld({ ...plan, ...context, broker, random: random.branch('world') })
  await world.untilReady(AbortSignal.timeout(READY_WITHIN_MS))
  const client = createShopClient({ urls: world.urls, signer: world.identity.signer, random: random.branch('client') })

  const ending = new AbortController()
  const giveUp = new AbortController()
  const shop = (name: string): Shop => ({
    client,
    ledger,
    variants: world.products.flatMap(({ variants }) => variants),
    random: random.branch(name),
    closing: ending.signal,
    closed: giveUp.signal,
  })
  const people = [
    ...Array.from({ length: plan.customers }, (_, index) => runCustomer(shop(`customer ${index}`), plan.thinkMs)),
    runSupport(shop('support')),
    runManager(shop('manager'), world.products),
  ]
  const faults = runFaults(
    {
      fragiles: world.fragiles,
      random: random.branch('faults'),
      everyMs: plan.faultEveryMs,
      longestMs: plan.faultLongestMs,
    },
    ending.signal,
  )
  await sleep(plan.seconds * 1000, undefined, stopping ? { signal: stopping } : {}).catch(() => undefined)
  const isTooEarly = () => acknowledgedIn(ledger) < plan.leastOrders && stopping?.aborted !== true
  for (let waits = 0; waits < 600 && isTooEarly(); waits += 1) await sleep(100)
  ending.abort()
  world.calm()
  const done = await faults
  const calmSince = performance.now()
  await world.untilReady(AbortSignal.timeout(READY_WITHIN_MS))
  setTimeout(() => giveUp.abort(), plan.quietWithinMs).unref()
  await Promise.all(people)
  const left = Math.max(1000, plan.quietWithinMs - (performance.now() - calmSince))
  const { unrest } = await untilQuiet(urls, { withinMs: left, held: world.held })
  const quietAfterMs = Math.round(performance.now() - calmSince)

  const books = await readBooks(urls)
  const violations = [...(unrest ? [neverQuiet(unrest)] : []), ...allHold(books, ledger)]
  const subjects = [...new Set(violations.map(({ subject }) => subject))].filter((id) => id !== '-').slice(0, DOSSIERS)
  return {
    ...plan,
    orders: countBy(books.orders.map(({ status }) => status)),
    acknowledged: acknowledgedIn(ledger),
    attempts: ledger.orders.reduce((sum, { attempts }) => sum + attempts, 0),
    refused: ledger.orders.filter(({ refused }) => refused.length > 0).length,
    failures: client.failures(),
    faults: done,
    onTheWay: world.fates(),
    events: countEvents(books, world),
    ownExits: Object.fromEntries(world.replicas.map(({ name, ownExits }) => [name, ownExits()])),
    quietAfterMs,
    unrest,
    violations,
    dossiers: Object.fromEntries(subjects.map((subject) => [subject, describeSubject(subject, books, ledger)])),
  }
}

function acknowledgedIn({ orders }: Ledger): number {
  return orders.filter(({ acknowledged }) => acknowledged.length > 0).length
}

function neverQuiet(unrest: Unrest): Violation {
  return { rule: 'everything comes to rest', subject: '-', detail: JSON.stringify(unrest) }
}

function countEvents(books: Books, { deliveries }: World): EventCounts {
  return { inOutboxes: books.outbox.length, ...deliveries.counts(), notedOutOfOrder: countOutOfOrder(books) }
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
