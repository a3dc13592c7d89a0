import { operationFromDocument } from '@apollo/federation-internals'
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner'
import { LRUCache } from 'lru-cache'
import type { Operation } from '../operation.ts'
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
  const planner = new QueryPlanner(supergraph)
  const plans = new LRUCache<string, QueryPlan>({ max: cacheSize })
  return {
    plan({ document, definition, key }) {
      const known = plans.get(key)
      if (known) return known
      const operation = operationFromDocument(apiSchema, document, {
        ...(definition.name ? { operationName: definition.name.value } : {}),
        validate: false,
      })
      const plan = planner.buildQueryPlan(operation)
      plans.set(key, plan)
      return plan
    },
    cached: () => plans.size,
  }
}
