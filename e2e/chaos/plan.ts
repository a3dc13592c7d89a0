import { createRandom } from '@portico/database/demo/random'
import type { QueueType } from '@portico/events/rabbitmq-topology'
import type { LongHang } from './faults.ts'
import { USUAL_FATES, type Fates } from './push-proxy.ts'
import type { StoreName } from './stores.ts'

export const TRANSPORTS = ['http', 'rabbitmq'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** What a campaign is asked for. */
export interface Campaign {
  runs: number
  seconds: number
  seed: string
  transport: TransportName | 'mixed'
}

/** A run to be. */
export interface RunPlan {
  /** The same seed draws the same shop, customers and faults; when what happens is the machine's affair. */
  seed: string
  transport: TransportName
  /** Whether orders have their copy of the catalogue before anything breaks; else they fetch it meanwhile. */
  opensStocked: boolean
  /** How long customers order and things break. */
  seconds: number
  /** It goes on until so many orders were acknowledged, a minute at most: a slow machine would show nothing else. */
  leastOrders: number
  customers: number
  /** Average pause of a customer between two orders, in milliseconds. */
  thinkMs: number
  /** Average pause between two faults, and their longest duration but for one, in milliseconds. */
  faultEveryMs: number
  faultLongestMs: number
  longHang?: LongHang | undefined
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

const CUSTOMERS = 24
/** Shorter runs would be over before anybody missed what hangs, and place hardly any orders. */
const LONG_ENOUGH_SECONDS = 40

/** The run of this number, from 1, which is the same in every campaign of the same seed, however many runs it has. */
export function planRun({ seconds, seed, transport }: Omit<Campaign, 'runs'>, number: number): RunPlan {
  const runSeed = `${seed}/${number}`
  const random = createRandom(runSeed).branch('plan')
  const longHang =
    seconds >= LONG_ENOUGH_SECONDS && random.chance(0.6)
      ? { atMs: random.integer(2000, seconds * 500), lastsMs: random.integer(16_000, 22_000) }
      : undefined
  const replicas = { orders: random.integer(1, 2), products: random.integer(1, 2) }
  return {
    seed: runSeed,
    transport: transport === 'mixed' ? (number % 2 === 1 ? 'http' : 'rabbitmq') : transport,
    opensStocked: random.chance(0.5),
    seconds,
    leastOrders: 1,
    customers: CUSTOMERS,
    thinkMs: random.pick([200, 400]),
    // In some runs hardly anything works, in others there is time to get far between two faults.
    faultEveryMs: Math.min(random.pick([1000, 2000, 4000]), seconds * 250),
    faultLongestMs: random.pick([500, 2000, 4000]),
    ...(longHang && { longHang }),
    // While one hangs, another one has to go on with its work.
    replicas: longHang ? { orders: 2, products: 2 } : replicas,
    // Short enough for orders to expire while their stock is decided on; in others every order has the time it needs.
    confirmWithinMs: random.pick([2000, 6000, 120_000]),
    fates: USUAL_FATES,
    queueType: random.pick(['quorum', 'classic']),
    quietWithinMs: 180_000,
  }
}
