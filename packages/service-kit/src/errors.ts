import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { classifyDatabaseError, type DatabaseFailure } from './database-errors.ts'

/** A request that is wrong in a way that its sender can mend: `BAD_USER_INPUT`. */
export function badUserInput(message: string, argumentName?: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_USER_INPUT', ...(argumentName === undefined ? {} : { argumentName }) },
  })
}

/** A call that may be repeated after a while: `RATE_LIMITED` with `retryAfterMs`. */
export function rateLimited(message: string, retryAfterMs: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfterMs } })
}

/** Codes that say enough to a caller, so that their message is passed on as it is. */
const PUBLIC_CODES: ReadonlySet<unknown> = new Set([
  'BAD_USER_INPUT',
  'RATE_LIMITED',
  'UNAUTHENTICATED',
  'UNTRUSTED_CALLER',
  'DEADLINE_EXCEEDED',
  'UNAUTHORIZED_FIELD_OR_TYPE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

/** True for errors that are meant for the caller; the others are masked, and logged where they happen. */
export function isPublic(error: { extensions?: Readonly<Record<string, unknown>> }): boolean {
  return PUBLIC_CODES.has(error.extensions?.['code'])
}

/** Whether a code of a subgraph says that something is broken: one of those that {@link maskError} gives. */
export function isFault(code: string): boolean {
  return code === 'SERVICE_UNAVAILABLE' || code === 'INTERNAL_SERVER_ERROR'
}

/** What may be otherwise a moment later. */
const PASSING: ReadonlySet<DatabaseFailure['kind']> = new Set(['conflict', 'timeout', 'unavailable'])

/**
 * Apollo Server's `formatError` for a subgraph: public errors pass, everything else becomes a sentence that gives
 * nothing away, with the code `SERVICE_UNAVAILABLE` when the database is at fault for now, else
 * `INTERNAL_SERVER_ERROR`.
 */
export function maskError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (isPublic(formatted)) {
    const { stacktrace: _, ...extensions } = formatted.extensions ?? {}
    return { ...formatted, extensions }
  }
  const failure = classifyDatabaseError(unwrapResolverError(error))
  const passing = failure !== undefined && PASSING.has(failure.kind)
  return {
    message: passing ? 'The service is not available at the moment; try again.' : 'Internal server error.',
    ...(formatted.path ? { path: formatted.path } : {}),
    ...(formatted.locations ? { locations: formatted.locations } : {}),
    extensions: { code: passing ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR' },
  }
}
