import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
} from 'graphql'
import { fragmentsOf } from '../operation.ts'

/** The text of a document as subgraphs are sent it. */
export function textOf(document: DocumentNode): string {
  return stripIgnoredCharacters(print(document))
}

/** What a fetch asks of entities. */
export interface EntityFields {
  /** As `Type.field`, each once. */
  fields: readonly string[]
  /** The text of a fetch that asks for some of them only. */
  only: (isKept: (field: string) => boolean) => string
}

/** Reads the operation of a fetch of entities. */
export function readEntityFields(operation: string): EntityFields {
  const document = parse(operation, { noLocation: true })
  const fragments = fragmentsOf(document)
  const fields = new Set<string>()
  const inlined = visit(document, {
    FragmentDefinition: () => false,
    Field: {
      enter(field): FieldNode | undefined | false {
        if (field.name.value !== '_entities' || !field.selectionSet) return false
        const selections = inline(field.selectionSet.selections, { fragments, type: '', fields })
        return { ...field, selectionSet: { ...field.selectionSet, selections } }
      },
    },
  })
  return { fields: [...fields], only: (isKept) => textOf(withUsed(keep(inlined, isKept))) }
}

/** Without spreads above the first fields, which are noted. */
function inline(
  selections: readonly SelectionNode[],
  at: { fragments: ReadonlyMap<string, FragmentDefinitionNode>; type: string; fields: Set<string> },
): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) {
      at.fields.add(`${at.type}.${selection.name.value}`)
      return [selection]
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? at.fragments.get(selection.name.value) : selection
    if (!fragment) return []
    const { typeCondition, selectionSet } = fragment
    const within = inline(selectionSet.selections, { ...at, type: typeCondition?.name.value ?? at.type })
    return [
      {
        kind: Kind.INLINE_FRAGMENT,
        ...(typeCondition && { typeCondition }),
        directives: selection.directives ?? [],
        selectionSet: { ...selectionSet, selections: within },
      },
    ]
  })
}

function keep(document: DocumentNode, isKept: (field: string) => boolean): DocumentNode {
  function kept(selections: readonly SelectionNode[], type: string): SelectionNode[] {
    return selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return isKept(`${type}.${selection.name.value}`) ? [selection] : []
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection]
      const left = kept(selection.selectionSet.selections, selection.typeCondition?.name.value ?? type)
      return left.length === 0 ? [] : [{ ...selection, selectionSet: { ...selection.selectionSet, selections: left } }]
    })
  }
  return visit(document, {
    FragmentDefinition: () => false,
    Field: {
      enter(field): FieldNode | undefined | false {
        if (field.name.value !== '_entities' || !field.selectionSet) return false
        const selections = kept(field.selectionSet.selections, '')
        return { ...field, selectionSet: { ...field.selectionSet, selections } }
      },
    },
  })
}

/** Without the fragments and variables that nothing uses. */
function withUsed(document: DocumentNode): DocumentNode {
  const used = new Set<string>()
  const fragments = fragmentsOf(document)
  const variables = new Set<string>()
  const todo = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  const visitor = {
    VariableDefinition: () => false as const,
    Variable: ({ name }: { name: { value: string } }) => void variables.add(name.value),
    FragmentSpread({ name }: { name: { value: string } }) {
      const fragment = fragments.get(name.value)
      if (!fragment || used.has(name.value)) return
      used.add(name.value)
      visit(fragment, visitor)
    },
  }
  for (const definition of todo) visit(definition, visitor)
  return visit(document, {
    FragmentDefinition: ({ name }) => (used.has(name.value) ? false : null),
    VariableDefinition: ({ variable }) => (variables.has(variable.name.value) ? false : null),
  })
}
