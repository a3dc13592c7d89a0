import type { Fragile } from './faults.ts'
import type { StoreName } from './stores.ts'

/** What carries events between the subgraphs of a run, with what disturbs them. */
export interface EventWiring extends AsyncDisposable {
  /** What a subgraph is told of it. */
  variables(name: StoreName): Record<string, string>
  /** What of it can break. */
  fragiles: readonly Fragile[]
  /** From now on nothing is disturbed; what is held back still comes. */
  calm: () => void
  /** Deliveries that are held back. */
  held: () => number
  /** How often what was done to events. */
  fates: () => Record<string, number>
  /** What lies in the broker's queues; both are 0 where there is none. */
  queues: () => Promise<QueueDepths>
}

/** Messages that nobody fetched. */
export interface QueueDepths {
  /** Of events that are to be received. */
  live: number
  /** Of what the broker has given up. */
  dead: number
}

/** The other one of the two that exchange events. */
export function otherThan(name: StoreName): StoreName {
  return name === 'orders' ? 'products' : 'orders'
}
