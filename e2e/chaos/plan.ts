import { createRandom } from '@portico/database/demo/random'
import { USUAL_FATES } from './push-proxy.ts'
import type { RunPlan, TransportName } from './run.ts'

/** What a campaign is asked for. */
export interface Campaign {
  runs: number
  seconds: number
  seed: string
  transport: TransportName | 'mixed'
}

const CUSTOMERS = 24

/** The run of this number, from 1, which is the same in every campaign of the same seed, however many runs it has. */
export function planRun({ seconds, seed, transport }: Omit<Campaign, 'runs'>, number: number): RunPlan {
  const runSeed = `${seed}/${number}`
  const random = createRandom(runSeed).branch('plan')
  return {
    seed: runSeed,
    transport: transport === 'mixed' ? (number % 2 === 1 ? 'http' : 'rabbitmq') : transport,
    seconds,
    leastOrders: 1,
    customers: CUSTOMERS,
    thinkMs: random.pick([200, 400]),
    // In some runs hardly anything works, in others there is time to get far between two faults.
    faultEveryMs: random.pick([1000, 2000, 4000]),
    faultLongestMs: random.pick([500, 2000, 4000]),
    replicas: { orders: random.integer(1, 2), products: random.integer(1, 2) },
    // Short enough for orders to expire while their stock is decided on; in others every order has the time it needs.
    confirmWithinMs: random.pick([2000, 6000, 120_000]),
    fates: USUAL_FATES,
    queueType: random.pick(['quorum', 'classic']),
    quietWithinMs: 180_000,
  }
}
