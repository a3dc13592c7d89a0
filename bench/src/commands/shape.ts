import { QueryPlanner, type FetchNode, type PlanNode, type SubscriptionNode } from '@apollo/query-planner'
import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { parse } from 'graphql'
import { shapeOf } from '../answers.ts'
import { openLab } from '../lab.ts'
import { rightAnswer } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { markdownTable } from '../report/tables.ts'

/** Prints what the answers are made of, and how many fetches the planner of Apollo makes of each operation. */
export async function shape({ workloads }: Options): Promise<void> {
  await using lab = await openLab()
  const rows: string[][] = []
  for (const workload of workloads.filter(({ burst }) => !burst)) {
    const { bytes, leaves, objects, longestText } = shapeOf(await rightAnswer(lab, workload))
    const fetches = plannedFetches(lab.supergraphs[workload.graph].sdl, workload.query)
    const counted = Object.entries(fetches).map(([name, count]) => `${name} ${count}`)
    const total = Object.values(fetches).reduce((sum, count) => sum + count, 0)
    const numbers = [bytes, leaves, objects, longestText, total].map((value) => value.toLocaleString('en'))
    rows.push([workload.name, ...numbers, counted.join(', ')])
  }
  const head = ['workload', 'bytes', 'values', 'objects', 'longest text', 'fetches', 'by subgraph']
  console.log(markdownTable(head, rows))
}

function plannedFetches(sdl: string, query: string): Record<string, number> {
  const supergraph = Supergraph.build(sdl)
  const planner = new QueryPlanner(supergraph)
  const plan = planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), parse(query)))
  const counts: Record<string, number> = {}
  const visit = (node: PlanNode | SubscriptionNode | FetchNode | undefined): void => {
    if (!node) return
    if (node.kind === 'Fetch') counts[node.serviceName] = (counts[node.serviceName] ?? 0) + 1
    else if (node.kind === 'Flatten') visit(node.node)
    else if (node.kind === 'Sequence' || node.kind === 'Parallel') for (const inner of node.nodes) visit(inner)
  }
  visit(plan.node)
  return counts
}
