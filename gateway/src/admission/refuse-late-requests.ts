import { GraphQLError } from 'graphql'
import { TimeIsOverError } from '../deadline.ts'
import type { ErrorCode } from '../error-codes.ts'

/** nginx's word for a client that was gone before it was answered. */
const CLIENT_GONE = 499

/**
 * Goes no further once a request's time is over, or its client gone, such as while a slow issuer was waited for. `when`
 * says how far the request had come.
 *
 * @throws GraphQLError with status 504 or 499.
 */
export function refuseLateRequest(signal: AbortSignal, when = 'before anything was executed'): void {
  if (!signal.aborted) return
  if (signal.reason instanceof TimeIsOverError) {
    throw late(`The request ran out of time ${when}.`, 'REQUEST_TIMEOUT', 504)
  }
  throw late('The client is gone.', 'REQUEST_CANCELLED', CLIENT_GONE)
}

/**
 * Goes no further once the client is gone: nobody would read what is missing, or why. When time is over it is told.
 *
 * @throws GraphQLError with status 499.
 */
export function refuseLostClient(signal: AbortSignal): void {
  if (!(signal.reason instanceof TimeIsOverError)) refuseLateRequest(signal)
}

function late(message: string, code: ErrorCode, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } })
}
