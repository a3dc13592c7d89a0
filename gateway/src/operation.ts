import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql'

/** A validated operation on its way to its plan; admission may take fields out of it. */
export interface Operation {
  /** Holds `definition` and the fragments that it uses; may hold other operations as well. */
  document: DocumentNode
  definition: OperationDefinitionNode
  fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** Identifies the document, the operation in it, and what was taken out: plans are cached by it. */
  key: string
}
