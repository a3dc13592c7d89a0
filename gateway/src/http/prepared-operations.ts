import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { toOperation } from '../admission/operations.ts'
import type { Operation } from '../operation.ts'

/** An operation of a document that was parsed, validated and found to be within the limits. */
export interface PreparedOperation {
  operation: Operation
  /** SHA-256 of the document's text, in hex. */
  documentHash: string
}

/** A document as Apollo Server has prepared it. */
export interface PreparedDocument {
  text: string
  hash: string
  document: DocumentNode
  /** Asked for by its hash alone, as a persisted query. */
  isPersisted: boolean
}

/** Operations that need not be prepared again, by the text of their document and the name that chose them. */
export interface PreparedOperations {
  byText(text: string, operationName: string | undefined): PreparedOperation | undefined
  /** Of documents that clients may ask for by their hash. */
  byHash(hash: string, operationName: string | undefined): PreparedOperation | undefined
  /** The prepared operation; it is kept from now on. */
  keep(
    from: PreparedDocument,
    chosen: { operationName: string | undefined; definition: OperationDefinitionNode },
  ): PreparedOperation
}

const MEBI = 1024 * 1024

/**
 * Bounded in number and in characters, those of texts and of operations together: anybody may send new ones. Those that
 * were used last are kept.
 */
export function createPreparedOperations({ maxEntries: max }: { maxEntries: number }): PreparedOperations {
  const operations = new LRUCache<string, PreparedOperation>({ max, maxSize: MEBI })
  const texts = new LRUCache<string, string>({
    max,
    maxSize: MEBI,
    sizeCalculation: (text) => Math.max(1, text.length),
  })

  function byText(text: string, operationName = ''): PreparedOperation | undefined {
    return operations.get(keyOf(text, operationName))
  }

  return {
    byText,
    byHash(hash, operationName) {
      const text = texts.get(hash)
      return text === undefined ? undefined : byText(text, operationName)
    },
    keep({ text, hash, document, isPersisted }, { operationName = '', definition }) {
      if (isPersisted) texts.set(hash, text)
      const known = byText(text, operationName)
      if (known) return known
      const operation = toOperation(document, definition, `${hash} ${definition.name?.value ?? ''}`)
      const prepared = { operation, documentHash: hash }
      operations.set(keyOf(text, operationName), prepared, { size: text.length + operation.size })
      return prepared
    },
  }
}

/** Clients send any text for a name: its length says where it ends. */
function keyOf(text: string, operationName: string): string {
  return `${operationName.length} ${operationName}${text}`
}
