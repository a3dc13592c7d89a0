import type { ApolloServerPlugin } from '@apollo/server'
import type { GatewayContext } from '../context.ts'

/** SHA-256 in hex, as clients and Apollo Server write it. */
const HASH = /^[0-9a-f]{64}$/

/**
 * Takes the `persistedQuery` extension from requests where it holds no hash: Apollo Server, which looks the hash up
 * without looking at it, would fail on objects and keep texts of any length as keys.
 */
export function dropMalformedHashes(): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart({ request }) {
      const { persistedQuery, ...others } = request.extensions ?? {}
      if (persistedQuery !== undefined && !isPersistedQuery(persistedQuery)) request.extensions = others
    },
  }
}

function isPersistedQuery(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('sha256Hash' in value)) return false
  return typeof value.sha256Hash === 'string' && HASH.test(value.sha256Hash)
}
