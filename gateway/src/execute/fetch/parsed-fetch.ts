import type { FetchNode } from '@apollo/query-planner'
import { parse, print, stripIgnoredCharacters, type DocumentNode } from 'graphql'

const documents = new WeakMap<FetchNode, DocumentNode>()

/** The document of a fetch of the plan, which is parsed once. */
export function documentOf(fetch: FetchNode): DocumentNode {
  const known = documents.get(fetch)
  if (known) return known
  const document = parse(fetch.operation, { noLocation: true })
  documents.set(fetch, document)
  return document
}

/** The same fetch with another document. */
export function withDocument(fetch: FetchNode, document: DocumentNode): FetchNode {
  const changed = { ...fetch, operation: stripIgnoredCharacters(print(document)) }
  documents.set(changed, document)
  return changed
}
