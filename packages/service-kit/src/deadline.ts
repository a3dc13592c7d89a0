import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError } from 'graphql'
import type { SubgraphContext } from './subgraph.ts'

/** The request header that says how many milliseconds the caller goes on waiting. */
export const DEADLINE_HEADER = 'x-portico-deadline-ms'

/**
 * When the caller stops waiting, in the time of `performance.now()`; `Infinity` when it does not say. A duration and no
 * time of day, since clocks differ.
 */
export function deadlineFrom(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? performance.now() + Number(header) : Infinity
}

/** Executes nothing for a caller who has stopped waiting while the request was read, parsed and validated. */
export function refuseLateRequests(): ApolloServerPlugin<SubgraphContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue }) {
          if (performance.now() < contextValue.deadline) return
          throw new GraphQLError('The caller waits no longer.', {
            extensions: { code: 'DEADLINE_EXCEEDED', http: { status: 504 } },
          })
        },
      }
    },
  }
}
