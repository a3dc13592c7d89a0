import {
  isAbstractType,
  isCompositeType,
  Kind,
  type FieldNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { MOST_SELECTIONS, objectsOf, tooLarge } from '../../admission/field-sites.ts'
import { responseNameOf, type Operation } from '../../operation.ts'
import { implies, narrowedBy, type Condition } from './condition.ts'

/** What selections may be on once it is known of what type an object is, as far as anybody tells. */
export type RuntimeType = GraphQLObjectType | GraphQLInterfaceType

/** A selection set, and when it counts. */
export interface Source {
  set: SelectionSetNode
  condition: Condition
}

/** One field of an answer's object: all selections of one response name. */
export interface CollectedField {
  node: FieldNode
  /** The response name of the client. */
  name: string
  /** The response name in the operation, and so in the tree. */
  key: string
  /** The type that its first selection is on. */
  on: string
  /** Its own selection sets, merged. */
  sources: Source[]
}

/** A place in the order of an object's fields; of several places of a field the first whose condition holds counts. */
export interface Occurrence {
  field: CollectedField
  condition: Condition
}

/** Collects the fields of an object of a type where selection sets are on `on`, for all variables at once. */
export type CollectFields = (sources: readonly Source[], type: RuntimeType, on: string) => Occurrence[]

/** How many selections and conditions are looked at for one operation, for objects of each type anew. */
const MOST_COLLECTED = 5 * MOST_SELECTIONS

export interface CollectOptions {
  operation: Operation
  schema: GraphQLSchema
  clientNames: ReadonlyMap<string, string>
  interfaceObjects?: ReadonlySet<string>
}

/**
 * Source: https://spec.graphql.org/September2025/#CollectFields()
 *
 * The result throws GraphQLError `LIMIT_EXCEEDED` when all that was collected is too much.
 */
export function createCollectFields({ operation, schema, clientNames }: CollectOptions): CollectFields {
  const { fragments } = operation
  let spent = 0

  function spend(work: number): void {
    spent += work
    if (spent > MOST_COLLECTED) throw tooLarge(MOST_COLLECTED)
  }

  return (sources, type, declared) => {
    const fields = new Map<string, CollectedField>()
    const occurrences: Occurrence[] = []
    const conditionsOf = new Map<CollectedField | SelectionSetNode, Condition[]>()

    /** Whether there is nothing new in this: it is there whenever the condition holds. */
    function isKnown(what: CollectedField | SelectionSetNode, condition: Condition): boolean {
      const known = conditionsOf.get(what) ?? []
      spend(known.length)
      if (known.some((other) => implies(condition, other))) return true
      conditionsOf.set(what, known)
      known.push(condition)
      return false
    }

    function collect({ set, condition: outer }: Source, on: string): void {
      if (isKnown(set, outer)) return
      for (const selection of set.selections) {
        spend(1)
        const condition = narrowedBy(outer, selection.directives)
        if (!condition) continue
        if (selection.kind === Kind.FIELD) add(selection, condition, on)
        else {
          const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
          const typeCondition = fragment?.typeCondition?.name.value
          if (!fragment || (typeCondition !== undefined && !isPartOf(schema, type, typeCondition))) continue
          collect({ set: fragment.selectionSet, condition }, typeCondition ?? on)
        }
      }
    }

    function add(node: FieldNode, condition: Condition, on: string): void {
      const key = responseNameOf(node)
      const name = clientNames.get(key) ?? key
      let field = fields.get(name)
      if (!field) fields.set(name, (field = { node, name, key, on, sources: [] }))
      else if (field.key !== key) throw new Error(`"${name}" is one field of ${type.name} and fetched as two.`)
      if (!isKnown(field, condition)) occurrences.push({ field, condition })
      if (node.selectionSet) field.sources.push({ set: node.selectionSet, condition })
    }

    for (const source of sources) collect(source, declared)
    return occurrences
  }
}

/** Whether every object of a type is one of another. */
export function isPartOf(schema: GraphQLSchema, type: RuntimeType, name: string): boolean {
  if (type.name === name) return true
  const other = schema.getType(name)
  return isAbstractType(other) && schema.isSubType(other, type)
}

/** The type conditions that decide on what some selection sets select themselves, those within fragments included. */
export function typeConditionsIn(sources: readonly Source[], { fragments }: Operation): ReadonlySet<string> {
  const names = new Set<string>()
  const seen = new Set<SelectionSetNode>()
  function walk(set: SelectionSetNode): void {
    if (seen.has(set)) return
    seen.add(set)
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) continue
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
      if (!fragment) continue
      if (fragment.typeCondition) names.add(fragment.typeCondition.name.value)
      walk(fragment.selectionSet)
    }
  }
  for (const { set } of sources) walk(set)
  return names
}

/** When fields are asked for that only some objects of a type have, which is all that is known of them. */
export function otherTypesIn(
  sources: readonly Source[],
  type: RuntimeType,
  { operation: { fragments }, schema }: CollectOptions,
): readonly Condition[] {
  const found = new Map<string, Condition>()
  const seen = new Map<SelectionSetNode, Set<string>>()
  /** `objects`: those that the selections are for; undefined: all. */
  function walk({ set, condition: outer }: Source, objects: readonly string[] | undefined): void {
    const known = seen.get(set) ?? new Set()
    const key = [outer.key, ...(objects ?? ['*'])].join(' ')
    if (known.has(key)) return
    seen.set(set, known.add(key))
    for (const selection of set.selections) {
      const condition = narrowedBy(outer, selection.directives)
      if (!condition) continue
      if (selection.kind === Kind.FIELD) {
        if (objects) found.set(condition.key, condition)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
      if (!fragment) continue
      const name = fragment.typeCondition?.name.value
      const meant = name === undefined || isPartOf(schema, type, name) ? objects : narrowed(objects, name)
      if (meant?.length !== 0) walk({ set: fragment.selectionSet, condition }, meant)
    }
  }
  function narrowed(objects: readonly string[] | undefined, name: string): readonly string[] {
    const other = schema.getType(name)
    const meant = new Set(isCompositeType(other) ? objectsOf(other, schema).map((object) => object.name) : [])
    const among = objects ?? objectsOf(type, schema).map((object) => object.name)
    return among.filter((object) => meant.has(object))
  }
  for (const source of sources) walk(source, undefined)
  return [...found.values()]
}
