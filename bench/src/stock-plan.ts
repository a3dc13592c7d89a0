import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner, type FetchNode, type PlanNode, type SubscriptionNode } from '@apollo/query-planner'
import { parse } from 'graphql'

/** What the planner of Apollo makes of an operation. */
export interface StockPlan {
  /** How many fetches, by subgraph. */
  fetches: Readonly<Record<string, number>>
  /** How many fetches at most wait for one another: each but the first is a hop to entities of another subgraph. */
  waves: number
}

/** Plans an operation as stock does. */
export function stockPlanOf(supergraphSdl: string, query: string): StockPlan {
  const supergraph = Supergraph.build(supergraphSdl)
  const planner = new QueryPlanner(supergraph)
  const plan = planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), parse(query)))
  const fetches: Record<string, number> = {}
  /** Counts the fetches of a part of the plan, and returns its waves. */
  const visit = (node: PlanNode | SubscriptionNode | FetchNode | undefined): number => {
    switch (node?.kind) {
      case 'Fetch':
        fetches[node.serviceName] = (fetches[node.serviceName] ?? 0) + 1
        return 1
      case 'Flatten':
        return visit(node.node)
      case 'Sequence':
        return node.nodes.reduce((sum, inner) => sum + visit(inner), 0)
      case 'Parallel':
        return Math.max(...node.nodes.map(visit))
      default:
        return 0
    }
  }
  return { waves: visit(plan.node), fetches }
}

/** All fetches of a plan, and those of each subgraph in words. */
export function fetchesText({ fetches }: StockPlan): { total: number; bySubgraph: string } {
  const counted = Object.entries(fetches)
  return {
    total: counted.reduce((sum, [, count]) => sum + count, 0),
    bySubgraph: counted.map(([name, count]) => `${name} ${count}`).join(', '),
  }
}
