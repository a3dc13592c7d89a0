import type { Random } from '@portico/database/demo/random'
import { runCustomer, type Shop } from './customers.ts'
import { runFaults, type FaultRecord } from './faults.ts'
import type { Ledger } from './ledger.ts'
import { pause } from './pause.ts'
import type { RunPlan } from './plan.ts'
import { acknowledgedIn } from './result.ts'
import type { ShopClient } from './shop-client.ts'
import { runManager, runSupport } from './staff.ts'
import type { World } from './world.ts'

/** People who still wait for answers. */
export interface Leftovers {
  /** Why people or faults ended before they should have. */
  failures: readonly unknown[]
  /** Waits for all of them to be answered, so many milliseconds at most. */
  answered: (withinMs: number) => Promise<void>
}

export interface LoadOptions {
  plan: RunPlan
  world: World
  client: ShopClient
  ledger: Ledger
  random: Random
  /** Where faults are noted. */
  faults: FaultRecord[]
  /** Ends it early. */
  stopping: AbortSignal
}

/** Lets people order while things break, for as long as planned, and until all that broke is whole again. */
export async function runLoad(options: LoadOptions): Promise<Leftovers> {
  const { plan, world, client, ledger, random, faults, stopping } = options
  const ending = new AbortController()
  const giveUp = new AbortController()
  const failures: unknown[] = []
  // One that fails ends all the others: the run has shown what it has to show.
  const together = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      failures.push(error)
      ending.abort()
      giveUp.abort()
    })

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
  ].map(together)
  const { fragiles } = world
  const { faultEveryMs: everyMs, faultLongestMs: longestMs, longHang } = plan
  const breaking = together(
    runFaults(
      { fragiles, random: random.branch('faults'), everyMs, longestMs, longHang, records: faults },
      ending.signal,
    ),
  )

  const over = AbortSignal.any([ending.signal, stopping])
  await pause(plan.seconds * 1000, over)
  const isTooEarly = () => acknowledgedIn(ledger) < plan.leastOrders || world.deliveries.counts().repeats === 0
  for (let waits = 0; waits < 600 && !over.aborted && isTooEarly(); waits += 1) await pause(100, over)
  ending.abort()
  world.calm()
  await breaking
  return {
    failures,
    async answered(withinMs) {
      const patience = setTimeout(() => giveUp.abort(), withinMs)
      await Promise.all(people)
      clearTimeout(patience)
    },
  }
}
