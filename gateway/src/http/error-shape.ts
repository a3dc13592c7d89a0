import { ApolloServerValidationErrorCode } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { asLimitError } from '../admission/limits/limits.ts'
import type { GatewayContext } from '../context.ts'
import type { ErrorCode } from '../error-codes.ts'

/** What an error may tell a client beside its message and path. */
const PUBLIC_EXTENSIONS = ['code', 'subgraph', 'retryAfterMs', 'argumentName', 'limit', 'maximum'] as const

/** Codes that stand for "something broke": their messages are for logs. */
const BROKEN: ReadonlySet<unknown> = new Set<ErrorCode>(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR'])

export interface ErrorShapeOptions {
  /** What was thrown. */
  error: unknown
  /** Tell what broke in a subgraph. */
  details: boolean
}

/**
 * Apollo Server's `formatError`: keeps the extensions that clients can act on, and masks what broke inside. Without
 * `details` also what broke in a subgraph, unless it says by a code of its own that its message is meant for clients:
 * ours mask such errors themselves, others may tell addresses.
 */
export function shapeError(
  formatted: GraphQLFormattedError,
  { error, details }: ErrorShapeOptions,
): GraphQLFormattedError {
  const shaped = { ...formatted, ...asLimitError(formatted, error), ...asIntrospectionRefusal(error) }
  const extensions: Record<string, unknown> = {}
  for (const key of PUBLIC_EXTENSIONS) {
    const value = shaped.extensions?.[key]
    if (isShort(value)) extensions[key] = value
  }
  const code = isClientsMistake(error) ? 'BAD_REQUEST' : (extensions['code'] ?? 'INTERNAL_SERVER_ERROR')
  const masked = BROKEN.has(code) && (!details || extensions['subgraph'] === undefined)
  return {
    message: masked ? 'Internal server error.' : shaped.message,
    ...(shaped.locations && extensions['subgraph'] === undefined ? { locations: shaped.locations } : {}),
    ...(shaped.path ? { path: shaped.path } : {}),
    extensions: { ...extensions, code },
  }
}

/** Subgraphs may put anything there. */
function isShort(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value.length <= 200)
}

/** Errors as clients are told them, and what they want of the answer's head. */
export interface FormattedErrors {
  formatted: GraphQLFormattedError[]
  /** Undefined: no error wants one. */
  status: number | undefined
  headers: Map<string, string>
}

/** Shapes errors that were met after Apollo Server, which takes `extensions.http` for the head of the answer as well. */
export function formatErrors(errors: readonly GraphQLError[], { details }: { details: boolean }): FormattedErrors {
  let status: number | undefined
  const headers = new Map<string, string>()
  const formatted = errors.map((error) => {
    const { http, ...extensions } = error.extensions
    if (isHead(http)) {
      status = http.status ?? status
      for (const [name, value] of http.headers ?? []) headers.set(name, value)
    }
    const { code = 'INTERNAL_SERVER_ERROR' } = extensions
    return shapeError({ ...error.toJSON(), extensions: { ...extensions, code } }, { error, details })
  })
  return { formatted, status, headers }
}

function isHead(http: unknown): http is { status?: number; headers?: ReadonlyMap<string, string> } {
  return typeof http === 'object' && http !== null
}

/** Lines about errors of one request; how many there are of each code is in the request's own line. */
const MOST_LINES = 3

const LONGEST_REASON = 500

/** Logs what clients are not told, or only in development. */
export function logBroken(log: GatewayContext['log'], errors: readonly unknown[]): void {
  const broken = errors.filter((error) => !isClientsMistake(error) && BROKEN.has(codeOf(error)))
  for (const error of broken.slice(0, MOST_LINES)) {
    const { subgraph } = extensionsOf(error)
    if (error instanceof GraphQLError && subgraph !== undefined) {
      log.warn({ subgraph, path: error.path, reason: error.message.slice(0, LONGEST_REASON) }, 'a subgraph failed')
    } else {
      log.error({ err: error }, 'request failed inside the gateway')
    }
  }
}

function codeOf(error: unknown): unknown {
  return extensionsOf(error)['code'] ?? 'INTERNAL_SERVER_ERROR'
}

/** The executor of `@apollo/gateway` also returns errors that are none of GraphQL. */
function extensionsOf(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof GraphQLError ? error.extensions : {}
}

/** Some of Apollo Server's own errors, such as those about persisted queries, have a status and no code. */
function isClientsMistake(error: unknown): boolean {
  const { code, http } = extensionsOf(error)
  return code === undefined && typeof http === 'object' && http !== null && 'status' in http && http.status === 400
}

/** Apollo Server tells clients how to program it. */
function asIntrospectionRefusal(error: unknown): Partial<GraphQLFormattedError> {
  const { validationErrorCode } = extensionsOf(error)
  const isRefusal = validationErrorCode === ApolloServerValidationErrorCode.INTROSPECTION_DISABLED
  return isRefusal ? { message: 'Introspection is switched off here.' } : {}
}
