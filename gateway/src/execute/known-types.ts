import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode, ResponsePath } from '@apollo/query-planner'
import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf, responseNameOf } from '../operation.ts'
import { documentOf, withDocument } from './fetch/parsed-fetch.ts'

/** A plan that asks for no type that is known. */
export interface LeanPlan {
  plan: QueryPlan
  /** The type of all objects at a path of the tree; undefined: they may be of several, and tell. */
  typeAt: (path: ResponsePath) => string | undefined
}

/** Where selection sets of a plan are in the tree; a fragment's may be in several places. */
type Places = Map<SelectionSetNode, Set<string>>

/**
 * Takes `__typename` out of a plan's fetches wherever the supergraph knows that all objects there are of one type. The
 * planner asks for it wherever there are entities, which is a fifth of what subgraphs send.
 */
export function dropKnownTypenames(plan: QueryPlan, schema: GraphQLSchema): LeanPlan {
  if (!plan.node || plan.node.kind === 'Subscription') return { plan, typeAt: () => undefined }
  const types = new Map<string, Set<GraphQLNamedType | undefined>>()
  const places: Places = new Map()
  const told = new Set<string>()
  for (const [fetch, path] of fetchesIn(plan.node)) {
    const place = placeOf(path)
    findTold(fetch.requires ?? [], place, told)
    findPlaces(documentOf(fetch), { place, isOfEntities: fetch.requires !== undefined, schema, types, places })
  }

  function typeNamed(path: string): string | undefined {
    const [type, ...others] = types.get(path) ?? []
    return others.length === 0 && isObjectType(type) ? type.name : undefined
  }

  function isKnown(set: SelectionSetNode): boolean {
    const all = places.get(set)
    return all !== undefined && [...all].every((path) => typeNamed(path) !== undefined && !told.has(path))
  }

  function lean(fetch: FetchNode): FetchNode {
    const document = documentOf(fetch)
    let isLess = false
    const definitions = document.definitions.map((node) =>
      'selectionSet' in node ? { ...node, selectionSet: leanSet(node.selectionSet) } : node,
    )
    return isLess ? withDocument(fetch, { ...document, definitions }) : fetch

    function leanSet(set: SelectionSetNode): SelectionSetNode {
      const others = set.selections.filter((selection) => !isTypename(selection))
      const isLeaner = others.length > 0 && others.length < set.selections.length && isKnown(set)
      isLess ||= isLeaner
      const selections = (isLeaner ? others : set.selections).map((selection) =>
        'selectionSet' in selection && selection.selectionSet
          ? { ...selection, selectionSet: leanSet(selection.selectionSet) }
          : selection,
      )
      return { ...set, selections }
    }
  }

  return { plan: { ...plan, node: mapFetches(plan.node, lean) }, typeAt: (path) => typeNamed(placeOf(path)) }
}

/** A path without lists and types. */
export function placeOf(path: ResponsePath): string {
  return path
    .map((element) => String(element).replace(/\|.*$/, ''))
    .filter((name) => name !== '@' && name !== '')
    .join('.')
}

interface FindOptions {
  /** Of the fetch. */
  place: string
  isOfEntities: boolean
  schema: GraphQLSchema
  types: Map<string, Set<GraphQLNamedType | undefined>>
  places: Places
}

/** Notes where the selection sets of a fetch are, and of what types the objects there are. */
function findPlaces(document: DocumentNode, { place: own, isOfEntities, schema, types, places }: FindOptions): void {
  const fragments = fragmentsOf(document)

  function find(set: SelectionSetNode, place: string, type: GraphQLNamedType | undefined): void {
    const known = places.get(set) ?? new Set<string>()
    if (known.has(place)) return
    places.set(set, known.add(place))
    for (const selection of set.selections) findIn(selection, place, type)
  }

  function findIn(selection: SelectionNode, place: string, type: GraphQLNamedType | undefined): void {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value)
      if (fragment) find(fragment.selectionSet, place, schema.getType(fragment.typeCondition.name.value))
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const { typeCondition, selectionSet } = selection
      find(selectionSet, place, typeCondition ? schema.getType(typeCondition.name.value) : type)
    } else if (selection.selectionSet) {
      const below = place === '' ? responseNameOf(selection) : `${place}.${responseNameOf(selection)}`
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined
      const returned = field && getNamedType(field.type)
      types.set(below, (types.get(below) ?? new Set()).add(returned))
      find(selection.selectionSet, below, returned)
    }
  }

  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const [entities] = node.selectionSet.selections
    if (!isOfEntities) find(node.selectionSet, own, schema.getRootType(node.operation) ?? undefined)
    else if (entities?.kind === Kind.FIELD && entities.selectionSet) find(entities.selectionSet, own, undefined)
  }
}

/** Notes where below entities a subgraph requires the type, so that it has to be told. */
function findTold(
  selections: readonly QueryPlanSelectionNode[],
  place: string,
  told: Set<string>,
  isBelow = false,
): void {
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') findTold(selection.selections, place, told, isBelow)
    else if (selection.name === '__typename') {
      if (isBelow) told.add(place)
    } else if (selection.selections) {
      const name = selection.alias ?? selection.name
      findTold(selection.selections, place === '' ? name : `${place}.${name}`, told, true)
    }
  }
}

function isTypename(selection: SelectionNode): boolean {
  return (
    selection.kind === Kind.FIELD &&
    selection.name.value === '__typename' &&
    !selection.alias &&
    !selection.directives?.length
  )
}

/** The fetches of a plan, with their paths in the tree. */
export function* fetchesIn(node: PlanNode, path: ResponsePath = []): Generator<[FetchNode, ResponsePath]> {
  if (node.kind === 'Fetch') yield [node, path]
  else if (node.kind === 'Flatten') yield* fetchesIn(node.node, [...path, ...node.path])
  else for (const child of childrenOf(node)) yield* fetchesIn(child, path)
}

function childrenOf(node: PlanNode): readonly PlanNode[] {
  if (node.kind === 'Sequence' || node.kind === 'Parallel') return node.nodes
  if (node.kind === 'Condition') return [node.ifClause, node.elseClause].filter((child) => child !== undefined)
  return []
}

function mapFetches(node: PlanNode, map: (fetch: FetchNode) => FetchNode): PlanNode {
  switch (node.kind) {
    case 'Fetch':
      return map(node)
    case 'Flatten':
      return { ...node, node: mapFetches(node.node, map) }
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((child) => mapFetches(child, map)) }
    case 'Condition': {
      const { ifClause, elseClause } = node
      return {
        ...node,
        ...(ifClause && { ifClause: mapFetches(ifClause, map) }),
        ...(elseClause && { elseClause: mapFetches(elseClause, map) }),
      }
    }
    case 'Defer':
    default:
      return node
  }
}
