import type { PlanNode, ResponsePath } from '@apollo/query-planner'
import { compileFetch } from './fetch/compile-fetch.ts'
import type { FetchScope } from './fetch/scope.ts'
import type { Run, Step } from './run.ts'

/** Compiles a query plan into what runs it; `path` is where its fetches are in the tree. */
export function compilePlan(node: PlanNode, scope: FetchScope, path: ResponsePath = []): Step {
  switch (node.kind) {
    case 'Fetch':
      return compileFetch(node, path, scope)
    case 'Flatten':
      return compilePlan(node.node, scope, [...path, ...node.path])
    case 'Sequence':
      return inSequence(node.nodes.map((child) => compilePlan(child, scope, path)))
    case 'Parallel':
      return inParallel(node.nodes.map((child) => compilePlan(child, scope, path)))
    case 'Condition': {
      const { condition, ifClause, elseClause } = node
      const whenTrue = ifClause && compilePlan(ifClause, scope, path)
      const whenFalse = elseClause && compilePlan(elseClause, scope, path)
      return async (run) => (run.coerced[condition] === true ? whenTrue : whenFalse)?.(run)
    }
    case 'Defer':
    default:
      throw new Error('Plans are made without @defer.')
  }
}

function inSequence(steps: readonly Step[]): Step {
  return async (run: Run) => {
    for (const step of steps) await step(run)
  }
}

function inParallel(steps: readonly Step[]): Step {
  return async (run: Run) => {
    await Promise.all(steps.map((step) => step(run)))
  }
}
