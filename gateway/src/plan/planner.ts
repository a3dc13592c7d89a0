import { operationFromDocument } from '@apollo/federation-internals'
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'

export interface Planner {
  plan(operation: Operation): QueryPlan
  /** How many plans are kept. */
  cached: () => number
}

/** Plans operations with Apollo's planner, once per operation while the cache holds it. */
export function createPlanner(
  { supergraph, apiSchema }: LoadedSupergraph,
  { cacheSize }: { cacheSize: number },
): Planner {
  // Fragments keep what is fetched of several types short; finding those of the client again can take seconds.
  const planner = new QueryPlanner(supergraph, { generateQueryFragments: true, reuseQueryFragments: false })
  const plans = createOperationCache<QueryPlan>({ maxEntries: cacheSize })
  return {
    plan: (operation) =>
      plans.get(operation, () =>
        planner.buildQueryPlan(operationFromDocument(apiSchema, operation.document, { validate: false })),
      ),
    cached: () => plans.count(),
  }
}
