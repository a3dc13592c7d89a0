import type { PlanNode, QueryPlan } from '@apollo/query-planner'
import { Kind, OperationTypeNode, type FragmentDefinitionNode, type SelectionNode } from 'graphql'
import { responseNameOf, type Operation } from '../operation.ts'
import type { ReadFetch } from './answered-places.ts'
import { isSelected, type Assignment } from './conditions.ts'

/**
 * What is wrong with the mutations that a plan does: each is to be done once, even if a client selects it twice, in the order
 * in which they are selected first; undefined: nothing.
 *
 * Source: https://spec.graphql.org/September2025/#sec-Mutation
 */
export function mutationFault(
  { node }: QueryPlan,
  { definition, fragments }: Pick<Operation, 'definition' | 'fragments'>,
  { assignment, readFetch }: { assignment: Assignment; readFetch: ReadFetch },
): string | undefined {
  if (definition.operation !== OperationTypeNode.MUTATION || !node || node.kind === 'Subscription') return undefined
  const done: string[] = []
  follow(node)
  const repeated = done.find((name, index) => done.indexOf(name) < index)
  if (repeated !== undefined) return `${repeated} would be done twice.`
  const selected = rootNames(definition.selectionSet.selections, (name) => fragments[name], assignment)
  const order = [...selected].filter((name) => done.includes(name))
  const early = done.find((name, index) => name !== order[index])
  return early === undefined ? undefined : `${early} would be done too early.`

  function follow(step: PlanNode): void {
    switch (step.kind) {
      case 'Sequence':
      case 'Parallel':
        for (const child of step.nodes) follow(child)
        return
      case 'Condition': {
        const next = assignment.get(step.condition) === true ? step.ifClause : step.elseClause
        if (next) follow(next)
        return
      }
      case 'Fetch': {
        if (step.operationKind !== OperationTypeNode.MUTATION) return
        const fetch = readFetch(step)
        done.push(
          ...rootNames(fetch.operation.selectionSet.selections, (name) => fetch.fragments.get(name), assignment),
        )
        return
      }
      default:
    }
  }
}

/** The response names of the root fields, in the order in which they come first. */
function rootNames(
  selections: readonly SelectionNode[],
  fragmentOf: (name: string) => FragmentDefinitionNode | undefined,
  assignment: Assignment,
): ReadonlySet<string> {
  const names = new Set<string>()
  function within(all: readonly SelectionNode[]): void {
    for (const selection of all) {
      if (!isSelected(selection, assignment)) continue
      if (selection.kind === Kind.FIELD) {
        if (!selection.name.value.startsWith('__')) names.add(responseNameOf(selection))
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragmentOf(selection.name.value) : selection
        within(fragment?.selectionSet.selections ?? [])
      }
    }
  }
  within(selections)
  return names
}
