import { Kind, OperationTypeNode, type FieldNode, type SelectionNode } from 'graphql'
import { responseNameOf, withDocument, type Operation } from '../operation.ts'

type Rooted = Pick<Operation, 'document' | 'definition' | 'fragments' | 'switches'>

/**
 * A mutation whose fields are each selected once, at the place of the first selection, unless conditions keep them apart: of
 * several selections in fragments the planner may take the place of the last, and do what comes between before it.
 */
export function mergeRootFields<Of extends Rooted>(operation: Of): Of {
  const { definition, document, fragments } = operation
  if (definition.operation !== OperationTypeNode.MUTATION) return operation
  const merged = new Map<string | SelectionNode, SelectionNode>()

  function add(selection: SelectionNode): void {
    if (selection.directives?.length) merged.set(selection, selection)
    else if (selection.kind === Kind.FIELD) {
      const name = responseNameOf(selection)
      merged.set(name, together(merged.get(name), selection))
    } else {
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
      for (const one of fragment?.selectionSet.selections ?? []) add(one)
    }
  }

  for (const selection of definition.selectionSet.selections) add(selection)
  const selectionSet = { ...definition.selectionSet, selections: [...merged.values()] }
  const definitions = document.definitions.map((one) => (one === definition ? { ...definition, selectionSet } : one))
  return withDocument(operation, { ...document, definitions })
}

function together(first: SelectionNode | undefined, field: FieldNode): FieldNode {
  if (first?.kind !== Kind.FIELD || !first.selectionSet || !field.selectionSet) return field
  const selections = [...first.selectionSet.selections, ...field.selectionSet.selections]
  return { ...first, selectionSet: { ...first.selectionSet, selections } }
}
