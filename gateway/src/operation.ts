import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'

/** A validated operation on its way to its plan; admission may take fields out of it. */
export interface Operation {
  /** Holds `definition` and `fragments`, and no other operation. */
  document: DocumentNode
  definition: OperationDefinitionNode
  fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** Identifies the document, the operation in it, and what was taken out: what is kept for it is kept by this. */
  key: string
  /** How large it is with its fragments written out, in characters, roughly: caches are bounded by it. */
  size: number
  /** The variables that decide what is selected: those of `@skip` and `@include`. */
  switches: readonly string[]
}

/** What of an operation is its document, taken apart. */
type OfDocument = Pick<Operation, 'document' | 'definition' | 'fragments'>

/** An operation with another document in place of its own, of which all else holds as well. */
export function withDocument<Of extends OfDocument>(operation: Of, document: DocumentNode): Of {
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  return {
    ...operation,
    document,
    definition: definition ?? operation.definition,
    fragments: Object.fromEntries(fragmentsOf(document)),
  }
}

/** The fragments of a document by their names. */
export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}

/** The name that a field has in the answer. */
export function responseNameOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}
