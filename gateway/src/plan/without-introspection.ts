import { Kind, visit, type FragmentDefinitionNode, type SelectionNode, type SelectionSetNode } from 'graphql'
import { withDocument, type Operation } from '../operation.ts'

type Fragments = Operation['fragments']

/**
 * An operation without `__schema` and `__type`, which the gateway answers itself: the planner knows the introspection of an
 * older specification. Fragments that are used for nothing else then are left out.
 */
export function withoutIntrospection(operation: Operation): Operation {
  const { definition, fragments } = operation
  const { selections } = definition.selectionSet
  if (introspectionIn(selections, fragments).length === 0) return operation
  const selectionSet = { kind: Kind.SELECTION_SET, selections: dataIn(selections, fragments) } as const
  const definitions = [{ ...definition, selectionSet }, ...fragmentsFor(selectionSet, fragments)]
  return withDocument(operation, { kind: Kind.DOCUMENT, definitions })
}

/** What selections of the root ask about the schema; their fragments are written out. */
export function introspectionIn(selections: readonly SelectionNode[], fragments: Fragments): SelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection) ? [selection] : []
    return writtenOut(selection, fragments, introspectionIn)
  })
}

function dataIn(selections: readonly SelectionNode[], fragments: Fragments): SelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection) ? [] : [selection]
    return introspectionIn([selection], fragments).length === 0 ? [selection] : writtenOut(selection, fragments, dataIn)
  })
}

function isIntrospection({ name }: { name: { value: string } }): boolean {
  return name.value === '__schema' || name.value === '__type'
}

/** A fragment of the root with what `choose` leaves of it. */
function writtenOut(
  selection: Exclude<SelectionNode, { kind: Kind.FIELD }>,
  fragments: Fragments,
  choose: (selections: readonly SelectionNode[], fragments: Fragments) => SelectionNode[],
): SelectionNode[] {
  const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
  const selections = fragment ? choose(fragment.selectionSet.selections, fragments) : []
  if (selections.length === 0) return []
  const { directives = [] } = selection
  return [{ kind: Kind.INLINE_FRAGMENT, directives, selectionSet: { kind: Kind.SELECTION_SET, selections } }]
}

/** The fragments that a selection set uses, and those that these use. */
export function fragmentsFor(
  selectionSet: SelectionSetNode,
  fragments: Fragments,
  found = new Set<FragmentDefinitionNode>(),
): ReadonlySet<FragmentDefinitionNode> {
  visit(selectionSet, {
    FragmentSpread({ name }) {
      const fragment = fragments[name.value]
      if (!fragment || found.has(fragment)) return
      found.add(fragment)
      fragmentsFor(fragment.selectionSet, fragments, found)
    },
  })
  return found
}
