import type { QueryPlan } from '@apollo/query-planner'
import type { Supergraph } from '@apollo/federation-internals'
import { GraphQLError, Kind, type SelectionNode } from 'graphql'
import type { ErrorCode } from '../error-codes.ts'
import { responseNameOf, type Operation } from '../operation.ts'
import { answeredPlaces, BudgetSpent, createReadFetch, spend, type Budget, type Place } from './answered-places.ts'
import { assignmentsOf, isSelected, type Assignment } from './conditions.ts'
import { mutationFault } from './mutation-order.ts'
import { readGraphTypes, type GraphTypes } from './subgraph-types.ts'

/** What a check may look at, in fields times types: about 30 ms. What is larger is planned unchecked. */
const BUDGET = 300_000

/** Says why a plan does not answer an operation; undefined if it does. */
export type PlanCheck = (plan: QueryPlan, operation: PlannedOperation) => string | undefined

/** What a plan was made of. */
export type PlannedOperation = Pick<Operation, 'definition' | 'fragments' | 'switches'>

/**
 * Creates the check that a plan answers its operation: that each field of each object that can come at a place is asked of
 * a subgraph that can know which object is meant. The planner leaves some out without a word, and clients would get null.
 */
export function createPlanCheck(supergraph: Supergraph): PlanCheck {
  let types: GraphTypes | undefined
  return (plan, operation) => {
    types ??= readGraphTypes(supergraph)
    const root = supergraph.schema.schemaDefinition.rootType(operation.definition.operation)?.name
    if (root === undefined) return undefined
    const budget = { left: BUDGET }
    const readFetch = createReadFetch()
    try {
      for (const assignment of assignmentsOf(operation.switches)) {
        const unmet = new Set<string>()
        const answer = answeredPlaces(plan, { types, root, assignment, readFetch, budget, unmet })
        const missing = findMissing(operation, { answer, types, assignment, budget })
        const [first] = unmet
        if (missing !== undefined && first !== undefined) return `${first} would be asked for without what it requires.`
        if (missing !== undefined) return missing
        const fault = mutationFault(plan, operation, { assignment, readFetch })
        if (fault !== undefined) return fault
      }
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error
    }
    return undefined
  }
}

/** An operation that the gateway does not answer, rather than to answer it wrongly. */
export function unplannable(because: string, originalError?: Error): GraphQLError {
  const code: ErrorCode = 'UNPLANNABLE_OPERATION'
  return new GraphQLError(`The operation can not be planned: ${because}`, {
    extensions: { code },
    ...(originalError && { originalError }),
  })
}

interface Sought {
  answer: Place
  types: GraphTypes
  assignment: Assignment
  budget: Budget
}

/** Why a plan does not answer an operation; undefined if it does. */
function findMissing(
  { definition, fragments }: PlannedOperation,
  { answer, types, assignment, budget }: Sought,
): string | undefined {
  return within(definition.selectionSet.selections, answer, [...answer.keys()])

  function within(selections: readonly SelectionNode[], place: Place, objects: readonly string[]): string | undefined {
    for (const selection of selections) {
      spend(budget, objects.length)
      if (!isSelected(selection, assignment)) continue
      const missing = selection.kind === Kind.FIELD ? inField(selection) : inFragment(selection)
      if (missing !== undefined) return missing
    }
    return undefined

    function inField(field: SelectionNode & { kind: Kind.FIELD }): string | undefined {
      if (field.name.value.startsWith('__')) return undefined
      for (const object of objects) {
        const below = place.get(object)?.get(responseNameOf(field))
        if (!below) return `no subgraph can be asked for ${object}.${field.name.value} where it is selected.`
        const missing = within(field.selectionSet?.selections ?? [], below, [...below.keys()])
        if (missing !== undefined) return missing
      }
      return undefined
    }

    function inFragment(selection: Exclude<SelectionNode, { kind: Kind.FIELD }>): string | undefined {
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
      const meant = fragment?.typeCondition && types.objects(fragment.typeCondition.name.value)
      const matching = meant ? objects.filter((object) => meant.includes(object)) : objects
      return matching.length === 0 ? undefined : within(fragment?.selectionSet.selections ?? [], place, matching)
    }
  }
}
