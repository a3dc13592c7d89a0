import type { FetchNode } from '@apollo/query-planner'
import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

const documents = new WeakMap<FetchNode, DocumentNode>()

/** The document of a fetch of the plan, which is parsed once. */
export function documentOf(fetch: FetchNode): DocumentNode {
  const known = documents.get(fetch)
  if (known) return known
  const document = parse(fetch.operation, { noLocation: true })
  documents.set(fetch, document)
  return document
}

/** The operation of a fetch. */
export function definitionOf(fetch: FetchNode): OperationDefinitionNode {
  const definition = documentOf(fetch).definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error(`A fetch has no operation: ${fetch.operation}`)
  return definition
}

/** What a fetch asks for: of the root, or of the entities. */
export function selectionSetOf(fetch: FetchNode): SelectionSetNode {
  const { selectionSet } = definitionOf(fetch)
  const [first] = selectionSet.selections
  return (fetch.requires && first?.kind === Kind.FIELD && first.selectionSet) || selectionSet
}

/** The same fetch with another document. */
export function withDocument(fetch: FetchNode, document: DocumentNode): FetchNode {
  const changed = { ...fetch, operation: stripIgnoredCharacters(print(document)) }
  documents.set(changed, document)
  return changed
}
