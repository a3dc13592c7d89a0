import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner'
import { Kind, parse, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionNode } from 'graphql'
import { fragmentsOf, responseNameOf } from '../operation.ts'
import { isSelected, type Assignment } from './conditions.ts'
import { parseSelection } from './stand-ins.ts'
import type { GraphTypes, SubgraphTypes } from './subgraph-types.ts'

/** What a plan's fetches bring to one place of the answer: per type of object there, its fields by response name. */
export type Place = Map<string, Map<string, Place>>

/** Counts down what a check may still look at. */
export interface Budget {
  left: number
}

/** Thrown when a check has looked at all that it may. */
export class BudgetSpent extends Error {}

export interface AnswerOptions {
  types: GraphTypes
  root: string
  assignment: Assignment
  readFetch: ReadFetch
  budget: Budget
  /** Fields, as `Type.field`, that a plan asks for without what their subgraph requires for them; they are not answered. */
  unmet: Set<string>
}

/** Follows a plan without asking anybody: what would be in the answer if every subgraph answered everything. */
export function answeredPlaces({ node }: QueryPlan, options: AnswerOptions): Place {
  const { types, root, assignment, readFetch, budget, unmet } = options
  const answer: Place = new Map([[root, new Map()]])
  if (node?.kind === 'Subscription') {
    follow(node.primary, [answer])
    if (node.rest) follow(node.rest, [answer])
  } else if (node) follow(node, [answer])
  return answer

  function follow(step: PlanNode, places: readonly Place[]): void {
    switch (step.kind) {
      case 'Sequence':
      case 'Parallel':
        for (const child of step.nodes) follow(child, places)
        return
      case 'Condition': {
        const next = assignment.get(step.condition) === true ? step.ifClause : step.elseClause
        if (next) follow(next, places)
        return
      }
      case 'Flatten':
        follow(step.node, placesAt(step.path.map(String), places))
        return
      case 'Fetch':
        fetch(step, places)
        return
      case 'Defer':
        throw new Error('Plans are made without @defer.')
    }
  }

  function fetch(step: FetchNode, places: readonly Place[]): void {
    const { operation, fragments } = readFetch(step)
    const from = types.subgraph(step.serviceName)
    const reader = { from, fragments }
    const entities = operation.selectionSet.selections.find((one) => one.kind === Kind.FIELD)?.selectionSet
    const asked = step.requires ? entities : operation.selectionSet
    for (const place of places) {
      const known = [...place.keys()]
      const objects = step.requires ? known.filter((object) => isIdentified(step, { object, place, from })) : known
      add(asked?.selections ?? [], objects, { place, ...reader, sent: step.requires ?? [], provided: [] })
      for (const rewrite of step.outputRewrites ?? []) {
        if (rewrite.kind === 'KeyRenamer') rename(place, rewrite.path, rewrite.renameKeyTo)
      }
    }
  }

  /** A field that is of another type in one object than in another is asked for under another name, which it loses here. */
  function rename(place: Place, [element = '', ...rest]: readonly string[], name: string): void {
    const [, condition] = /^\.\.\. on (.*)$/.exec(element) ?? []
    if (condition !== undefined) {
      const meant = types.objects(condition)
      rename(new Map([...place].filter(([object]) => meant.includes(object))), rest, name)
      return
    }
    for (const fields of place.values()) {
      const found = fields.get(element)
      if (!found) continue
      if (rest.length > 0) rename(found, rest, name)
      else {
        fields.delete(element)
        fields.set(name, merged(fields.get(name), found))
      }
    }
  }

  /** Adds to the objects of a place what a subgraph is asked of them. */
  function add(
    selections: readonly SelectionNode[],
    objects: readonly string[],
    at: {
      place: Place
      from: SubgraphTypes
      fragments: ReadonlyMap<string, FragmentDefinitionNode>
      /** What the subgraph is told of the objects, and what it knows of them by the way that leads to them. */
      sent: readonly QueryPlanSelectionNode[]
      provided: readonly SelectionNode[]
    },
  ): void {
    for (const selection of selections) {
      spend(budget, objects.length)
      if (objects.length === 0 || !isSelected(selection, assignment)) continue
      if (selection.kind === Kind.FIELD) addField(selection)
      else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? at.fragments.get(selection.name.value) : selection
        const meant = fragment?.typeCondition && at.from.objects(fragment.typeCondition.name.value)
        const matching = meant ? objects.filter((object) => meant.includes(object)) : objects
        add(fragment?.selectionSet.selections ?? [], matching, at)
      }
    }

    function addField(field: SelectionNode & { kind: Kind.FIELD }): void {
      const name = responseNameOf(field)
      for (const object of objects) {
        if (!isMet(object, field.name.value)) continue
        const fields = at.place.get(object)
        const within: Place = fields?.get(name) ?? new Map()
        fields?.set(name, within)
        const returned = field.selectionSet && at.from.returned(object, field.name.value)
        if (!field.selectionSet || returned === undefined) continue
        const possible = types.returnedObjects(object, field.name.value)
        const come = at.from.objects(returned).filter((one) => possible.size === 0 || possible.has(one))
        for (const one of come) if (!within.has(one)) within.set(one, new Map())
        const { value: inner } = field.name
        const own = at.from.provided(object, inner)
        const provided = [...(own === undefined ? [] : parseSelection(own).selections), ...below(at.provided, inner)]
        add(field.selectionSet.selections, come, { ...at, place: within, sent: [], provided })
      }
    }

    function isMet(object: string, field: string): boolean {
      const required = at.from.required(object, field)
      if (required === undefined) return true
      const needed = parseSelection(required).selections
      if (holds(at.sent, needed) || provides(at.provided, needed)) return true
      unmet.add(`${object}.${field}`)
      return false
    }
  }

  /** Whether a fetch can tell its subgraph which object is meant. */
  function isIdentified(
    { requires = [], inputRewrites = [] }: FetchNode,
    { object, place, from }: { object: string; place: Place; from: SubgraphTypes },
  ): boolean {
    const meant = requires.filter(
      (one) =>
        one.kind === 'InlineFragment' && (!one.typeCondition || types.objects(one.typeCondition).includes(object)),
    )
    const fields = place.get(object)
    if (meant.length === 0 || !fields || !isKnown(meant, object, fields)) return false
    const named = meant.map((one) => (one.kind === 'InlineFragment' ? (one.typeCondition ?? object) : object))
    const rewritten = inputRewrites.flatMap((one) => (one.kind === 'ValueSetter' ? [String(one.setValueTo)] : []))
    const keys = [...new Set([object, ...named, ...rewritten])].flatMap((name) => from.keys(name))
    return keys.some((key) => holds(meant, parseSelection(key).selections))
  }

  /** Whether what a representation needs has been fetched before. */
  function isKnown(
    selections: readonly QueryPlanSelectionNode[],
    object: string,
    fields: ReadonlyMap<string, Place>,
  ): boolean {
    return selections.every((selection) => {
      spend(budget, 1)
      if (selection.kind === 'InlineFragment') {
        const { typeCondition } = selection
        const isMeant = typeCondition === undefined || types.objects(typeCondition).includes(object)
        return !isMeant || isKnown(selection.selections, object, fields)
      }
      if (selection.name === '__typename') return true
      const within = fields.get(selection.alias ?? selection.name)
      const { selections: inner = [] } = selection
      return within !== undefined && [...within].every(([one, known]) => isKnown(inner, one, known))
    })
  }
}

/** What is at a place that two fetches told of. */
function merged(one: Place | undefined, other: Place): Place {
  if (!one) return other
  for (const [object, fields] of other) {
    const known = one.get(object) ?? new Map<string, Place>()
    for (const [name, place] of fields) known.set(name, merged(known.get(name), place))
    one.set(object, known)
  }
  return one
}

/** The places that a path of a plan leads to, such as `products.@.author`, or with type conditions `@|[Book].author`. */
function placesAt(path: readonly string[], places: readonly Place[]): readonly Place[] {
  let found = places
  for (const element of path) {
    const [name = '', types] = element.split('|')
    const of = types?.slice(1, -1).split(',')
    if (name !== '' && name !== '@') {
      found = found.flatMap((place) => [...place.values()].flatMap((fields) => fields.get(name) ?? []))
    }
    if (of) found = found.map((place) => new Map([...place].filter(([object]) => of.includes(object))))
  }
  return found
}

/** The operation that a subgraph is sent, and the fragments beside it. */
export interface FetchOperation {
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

/** Reads what fetches ask. A plan is followed once for each assignment of its conditions, and its fetches are the same. */
export type ReadFetch = (fetch: FetchNode) => FetchOperation

/** Parses each fetch once. */
export function createReadFetch(): ReadFetch {
  const parsed = new Map<FetchNode, FetchOperation>()
  return (fetch) => {
    const known = parsed.get(fetch) ?? parseOperation(fetch.operation)
    parsed.set(fetch, known)
    return known
  }
}

function parseOperation(text: string): FetchOperation {
  const document = parse(text, { noLocation: true })
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new Error(`No operation: ${text}`)
  return { operation, fragments: fragmentsOf(document) }
}

/** Whether a representation holds all fields of a key. */
function holds(required: readonly QueryPlanSelectionNode[], key: readonly SelectionNode[]): boolean {
  return key.every((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return holds(required, selection.selectionSet.selections)
    if (selection.kind !== Kind.FIELD) return false
    const found = fieldsNamed(required, selection.name.value)
    return found.length > 0 && (!selection.selectionSet || holds(found, selection.selectionSet.selections))
  })
}

/** Whether all fields of a field set are among those that are provided. */
function provides(provided: readonly SelectionNode[], required: readonly SelectionNode[]): boolean {
  return required.every((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return provides(provided, selection.selectionSet.selections)
    if (selection.kind !== Kind.FIELD) return false
    const { name, selectionSet } = selection
    if (selectionSet) return provides(below(provided, name.value), selectionSet.selections)
    return provided.some((one) =>
      one.kind === Kind.INLINE_FRAGMENT
        ? provides(one.selectionSet.selections, [selection])
        : one.kind === Kind.FIELD && one.name.value === name.value,
    )
  })
}

/** What is selected below the fields of a name. */
function below(selections: readonly SelectionNode[], name: string): SelectionNode[] {
  return selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return below(selection.selectionSet.selections, name)
    return selection.kind === Kind.FIELD && selection.name.value === name
      ? (selection.selectionSet?.selections ?? [])
      : []
  })
}

function fieldsNamed(selections: readonly QueryPlanSelectionNode[], name: string): QueryPlanSelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'InlineFragment') return fieldsNamed(selection.selections, name)
    if (selection.name === name) return [{ kind: 'InlineFragment', selections: selection.selections ?? [] } as const]
    return []
  })
}

/** @throws BudgetSpent */
export function spend(budget: Budget, cost: number): void {
  budget.left -= cost
  if (budget.left < 0) throw new BudgetSpent()
}
