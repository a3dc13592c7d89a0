import type {
  FetchNode,
  PlanNode,
  QueryPlan,
  QueryPlanFieldNode,
  QueryPlanSelectionNode,
  SubscriptionNode,
} from '@apollo/query-planner'
import { parse, visit } from 'graphql'
import { readEntityFields, textOf } from './entity-fields.ts'
import { INTERNAL_PREFIX } from './internal-names.ts'
import { fieldFor, type PlannedSupergraph, type StandIn } from './stand-ins.ts'

export interface RestoreOptions {
  standIns: ReadonlyMap<string, StandIn>
  requiredFor: PlannedSupergraph['requiredFor']
}

/**
 * Puts the fields of the supergraph in the place of their stand-ins in a plan: fetches ask for them under the stand-in's
 * name as an alias, and `requires` selects that alias, which representations are to hold under the field's name. A fetch
 * whose representations would hold one field with two values becomes several fetches.
 *
 * Where what is required of an object depends on its type, representations tell that type, too: the planner fetches it,
 * but an object of which nothing is required would be `{}`, of which a subgraph can not know what it is.
 */
export function restoreFields(plan: QueryPlan, options: RestoreOptions): QueryPlan {
  if (!plan.node) return plan
  if (plan.node.kind !== 'Subscription') return { ...plan, node: restoreNode(plan.node, options) }
  const { primary, rest } = plan.node
  const node: SubscriptionNode = { ...plan.node, primary: restoreFetch(primary, options) }
  return { ...plan, node: rest ? { ...node, rest: restoreNode(rest, options) } : node }
}

function restoreNode(node: PlanNode, options: RestoreOptions): PlanNode {
  switch (node.kind) {
    case 'Fetch': {
      const fetches = split(node, options).map((fetch) => restoreFetch(fetch, options))
      const [first = node, ...others] = fetches
      return others.length === 0 ? first : { kind: 'Parallel', nodes: fetches }
    }
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((child) => restoreNode(child, options)) }
    case 'Flatten':
      return flattened(node.path, restoreNode(node.node, options))
    case 'Condition': {
      const { ifClause, elseClause } = node
      return {
        ...node,
        ...(ifClause && { ifClause: restoreNode(ifClause, options) }),
        ...(elseClause && { elseClause: restoreNode(elseClause, options) }),
      }
    }
    default:
      throw new Error(`Not planned: ${node.kind}.`)
  }
}

/** With the path at each fetch, as the planner writes it. */
function flattened(path: (string | number)[], node: PlanNode): PlanNode {
  if (node.kind === 'Parallel') return { ...node, nodes: node.nodes.map((child) => flattened(path, child)) }
  return { kind: 'Flatten', path, node }
}

function restoreFetch(fetch: FetchNode, { standIns }: RestoreOptions): FetchNode {
  if (fetch.requires) fetch = { ...fetch, requires: fetch.requires.map((one) => restoreRequired(one, standIns)) }
  if (!fetch.operation.includes(INTERNAL_PREFIX)) return fetch
  const document = visit(parse(fetch.operation, { noLocation: true }), {
    Field: { leave: (field) => fieldFor(field, standIns) },
  })
  return { ...fetch, operation: textOf(document) }
}

function restoreRequired(
  selection: QueryPlanSelectionNode,
  standIns: ReadonlyMap<string, StandIn>,
): QueryPlanSelectionNode {
  const selections = selection.selections?.map((one) => restoreRequired(one, standIns))
  if (selection.kind === 'InlineFragment') return { ...selection, selections: selections ?? [] }
  const standIn = standIns.get(selection.name)
  const name = standIn ? { alias: selection.name, name: standIn.field } : {}
  const restored: QueryPlanFieldNode = { ...selection, ...name }
  return selections ? { ...restored, selections: withType(selections) } : restored
}

function withType(selections: QueryPlanSelectionNode[]): QueryPlanSelectionNode[] {
  const depends = selections.some((one) => one.kind === 'InlineFragment' && one.typeCondition !== undefined)
  const isTold = selections.some((one) => one.kind === 'Field' && one.name === '__typename')
  return depends && !isTold ? [{ kind: 'Field', name: '__typename' }, ...selections] : selections
}

/** One fetch for each value of a field that the representations need; the fields that need none are in the first. */
function split(fetch: FetchNode, { standIns, requiredFor }: RestoreOptions): FetchNode[] {
  const needed = standInsIn(fetch.requires ?? [], standIns)
  const byField = Map.groupBy(needed, (name) => standIns.get(name)?.field)
  const rounds = Math.max(1, ...Array.from(byField.values(), ({ length }) => length))
  if (rounds === 1) return [fetch]
  const entities = readEntityFields(fetch.operation)
  // A field joins the first fetch whose values are not others than its own.
  const groups: Set<string>[] = []
  const groupOf = new Map<string, number>()
  for (const field of entities.fields) {
    const needs = requiredFor.get(`${fetch.serviceName} ${field}`) ?? new Set()
    let index = groups.findIndex((group) => !conflicts(group, needs, standIns))
    if (index < 0) index = groups.push(new Set()) - 1
    groupOf.set(field, index)
    for (const name of needs) groups[index]?.add(name)
  }
  return groups.map((needs, index) => {
    const others = new Set(needed.filter((name) => !needs.has(name)))
    const operation = entities.only((field) => groupOf.get(field) === index)
    const requires = withoutFields(fetch.requires ?? [], others)
    const variableUsages = fetch.variableUsages?.filter((name) => new RegExp(`\\$${name}\\b`).test(operation))
    const { variableUsages: _, ...rest } = fetch
    return { ...rest, operation, requires, ...(variableUsages && { variableUsages }) }
  })
}

function conflicts(
  group: ReadonlySet<string>,
  needs: ReadonlySet<string>,
  standIns: ReadonlyMap<string, StandIn>,
): boolean {
  const fields = new Map(Array.from(group, (name) => [standIns.get(name)?.field, name]))
  return [...needs].some((name) => (fields.get(standIns.get(name)?.field) ?? name) !== name)
}

function standInsIn(
  selections: readonly QueryPlanSelectionNode[],
  standIns: ReadonlyMap<string, StandIn>,
  found = new Set<string>(),
): readonly string[] {
  for (const selection of selections) {
    if (selection.kind === 'Field' && standIns.has(selection.name)) found.add(selection.name)
    standInsIn(selection.selections ?? [], standIns, found)
  }
  return [...found]
}

function withoutFields(
  selections: readonly QueryPlanSelectionNode[],
  names: ReadonlySet<string>,
): QueryPlanSelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'Field' && names.has(selection.name)) return []
    if (!selection.selections) return [selection]
    const left = withoutFields(selection.selections, names)
    return left.length === 0 ? [] : [{ ...selection, selections: left }]
  })
}
