import { operationFromDocument } from '@apollo/federation-internals'
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner'
import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { LoadedSupergraph } from '../supergraph/load.ts'

export interface PlannedRequest {
  /** A validated document. */
  document: DocumentNode
  operationName: string | undefined
  /** Identifies the document's text. */
  documentHash: string
}

export interface Planner {
  plan(request: PlannedRequest): QueryPlan
}

/** Plans operations with Apollo's planner, once per document and operation name while the cache holds it. */
export function createPlanner(
  { supergraph, apiSchema }: LoadedSupergraph,
  { cacheSize }: { cacheSize: number },
): Planner {
  const planner = new QueryPlanner(supergraph)
  const plans = new LRUCache<string, QueryPlan>({ max: cacheSize })
  return {
    plan({ document, operationName, documentHash }) {
      const key = `${documentHash} ${operationName ?? ''}`
      const known = plans.get(key)
      if (known) return known
      const operation = operationFromDocument(apiSchema, document, {
        ...(operationName === undefined ? {} : { operationName }),
        validate: false,
      })
      const plan = planner.buildQueryPlan(operation)
      plans.set(key, plan)
      return plan
    },
  }
}
