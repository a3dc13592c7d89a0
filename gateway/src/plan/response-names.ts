import { Kind, print, visit, type FieldNode, type SelectionSetNode, type ValueNode } from 'graphql'
import { responseNameOf, type Operation } from '../operation.ts'
import { INTERNAL_PREFIX, internalName } from './internal-names.ts'

/** Which fields of an operation have another name inside the gateway than in the client's answer. */
export interface ResponseNames {
  /** Undefined: the field keeps its name. */
  internalOf: (field: FieldNode) => string | undefined
  /** From the names inside to those of the client. */
  clientNames: ReadonlyMap<string, string>
}

/** Beyond this many fields, fragments written out, conflicts are looked for by name only. */
const MOST_FIELDS = 20_000

/**
 * Finds the fields whose response name could meet that of another field in one object:
 * - of a field that the planner adds, such as a key, which an alias may be called like;
 * - of one that it adds with other arguments;
 * - of another field of the same client on another type: two fetches for objects at one path would become one;
 * - of what the gateway and the planner make up (`_internal_…`, `…__alias_0`), and what an object already has (`__proto__`).
 */
export function findResponseNames(operation: Operation, plannedNames: ReadonlySet<string>): ResponseNames {
  const contents = new Map<string, Set<string>>()
  const renamed = new Map<string, string>()
  const clientNames = new Map<string, string>()

  function rename(field: FieldNode): void {
    const content = contentOf(field)
    if (renamed.has(content)) return
    const name = internalName(content)
    renamed.set(content, name)
    clientNames.set(name, responseNameOf(field))
  }

  visit(operation.document, {
    Field(field) {
      const name = responseNameOf(field)
      const known = contents.get(name) ?? new Set()
      contents.set(name, known.add(contentOf(field)))
      if (isReserved(field, plannedNames)) rename(field)
    },
  })
  const ambiguous = new Set([...contents].filter(([, known]) => known.size > 1).map(([name]) => name))
  if (ambiguous.size > 0) for (const field of conflictingFields(operation, ambiguous)) rename(field)
  return {
    internalOf: (field) => (renamed.size === 0 ? undefined : renamed.get(contentOf(field))),
    clientNames,
  }
}

function isReserved(field: FieldNode, plannedNames: ReadonlySet<string>): boolean {
  const name = responseNameOf(field)
  if (name === field.name.value) return plannedNames.has(name) && !!field.arguments?.length
  return (
    plannedNames.has(name) || /^__|^_entities$|^_service$|__alias_\d+$/.test(name) || name.startsWith(INTERNAL_PREFIX)
  )
}

/** Those that are one field of an object's type and another field of another type, at one path of the answer. */
function conflictingFields(operation: Operation, ambiguous: ReadonlySet<string>): Iterable<FieldNode> {
  const first = new Map<string, { field: FieldNode; content: string }>()
  const conflicting = new Set<FieldNode>()
  let fields = 0

  function walk({ selections }: SelectionSetNode, path: string): void {
    for (const selection of selections) {
      fields += 1
      if (fields > MOST_FIELDS) return
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? operation.fragments[selection.name.value] : selection
        if (fragment) walk(fragment.selectionSet, path)
        continue
      }
      const name = responseNameOf(selection)
      const here = `${path}.${name}`
      if (ambiguous.has(name)) {
        const content = contentOf(selection)
        const known = first.get(here)
        if (!known) first.set(here, { field: selection, content })
        else if (known.content !== content) conflicting.add(known.field).add(selection)
      }
      if (selection.selectionSet) walk(selection.selectionSet, here)
    }
  }

  walk(operation.definition.selectionSet, '')
  return fields > MOST_FIELDS ? allNamed(operation, ambiguous) : conflicting
}

function allNamed({ document }: Operation, names: ReadonlySet<string>): Iterable<FieldNode> {
  const found: FieldNode[] = []
  visit(document, { Field: (field) => void (names.has(responseNameOf(field)) && found.push(field)) })
  return found
}

/**
 * What makes two fields of one type the same field of an answer: everything but what they select, and their directives,
 * also custom ones: fields with and without them are one (https://spec.graphql.org/September2025/#FieldsInSetCanMerge()).
 */
function contentOf(field: FieldNode): string {
  const { arguments: args = [] } = field
  const name = `${responseNameOf(field)}:${field.name.value}`
  if (args.length === 0) return name
  const written = args.map((arg) => `${arg.name.value}:${print(sorted(arg.value))}`).toSorted()
  return `${name}(${written.join()})`
}

/** With the fields of input objects in one order: the order is no difference. */
function sorted(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(sorted) }
  if (value.kind !== Kind.OBJECT) return value
  const fields = value.fields.map((field) => ({ ...field, value: sorted(field.value) }))
  return { ...value, fields: fields.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1)) }
}
