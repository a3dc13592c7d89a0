import type { DocumentNode, FieldNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql'

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

/** The name that a field has in the answer. */
export function responseNameOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}
