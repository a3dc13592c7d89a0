import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError } from 'graphql'
import type { GatewayContext } from '../context.ts'
import { TimeIsOverError } from '../deadline.ts'
import type { ErrorCode } from '../error-codes.ts'

/** nginx's word for a client that was gone before it was answered. */
const CLIENT_GONE = 499

/** Executes nothing once a request's time is over, or its client gone, such as while a slow issuer was waited for. */
export function refuseLateRequests(): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue: { signal } }) {
          if (!signal.aborted) return
          if (signal.reason instanceof TimeIsOverError) {
            throw late('The request ran out of time before anything was executed.', 'REQUEST_TIMEOUT', 504)
          }
          throw late('The client is gone.', 'REQUEST_CANCELLED', CLIENT_GONE)
        },
      }
    },
  }
}

function late(message: string, code: ErrorCode, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } })
}
