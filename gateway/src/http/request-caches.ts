import type { ApolloServerOptions, BaseContext } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

type ServerOptions = ApolloServerOptions<BaseContext>

/** What Apollo Server remembers of one request for the next. */
export interface RequestCaches {
  /** Texts of persisted queries, by hash. */
  cache: Exclude<ServerOptions['cache'], 'bounded' | undefined>
  /** Parsed and validated documents, by the hash of their text. */
  documentStore: NonNullable<ServerOptions['documentStore']>
}

const MOST_TEXTS = 10_000
const MOST_DOCUMENTS = 1000
const MEBI = 1024 * 1024

/**
 * Bounded in characters and in number, since anybody may fill them: by length alone, as Apollo Server would, a million
 * short queries fit in, with 440 MB of heap. A parsed document takes about a hundred bytes for each character.
 */
export function createRequestCaches(): RequestCaches {
  return {
    cache: createCache<string>({ max: MOST_TEXTS, maxSize: 30 * MEBI, sizeOf: (text) => text.length }),
    documentStore: createCache<DocumentNode>({
      max: MOST_DOCUMENTS,
      maxSize: MEBI,
      sizeOf: ({ loc }) => loc?.end ?? 0,
    }),
  }
}

/** An LRU cache as Apollo Server wants it; its keys expire only by being the one that was not used for longest. */
function createCache<Value extends object | string>(options: {
  max: number
  maxSize: number
  sizeOf: (value: Value) => number
}) {
  const { max, maxSize, sizeOf } = options
  const entries = new LRUCache<string, Value>({ max, maxSize, sizeCalculation: (value) => Math.max(1, sizeOf(value)) })
  return {
    get: async (key: string) => entries.get(key),
    set: async (key: string, value: Value) => void entries.set(key, value),
    delete: async (key: string) => entries.delete(key),
  }
}
