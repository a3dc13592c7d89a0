import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { asLimitError } from '../admission/limits/limits.ts'
import type { GatewayContext } from '../context.ts'

/** What an error may tell a client beside its message and path. */
const PUBLIC_EXTENSIONS = ['code', 'subgraph', 'retryAfterMs', 'argumentName', 'limit', 'maximum'] as const

/** Codes that stand for "something broke": their messages are for logs. */
const BROKEN = new Set<unknown>(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR'])

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
  const shaped = { ...formatted, ...asLimitError(formatted, error) }
  const extensions: Record<string, unknown> = {}
  for (const key of PUBLIC_EXTENSIONS) {
    const value = shaped.extensions?.[key]
    if (value !== undefined) extensions[key] = value
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

/** Adds the request's id to every error, so that a client's report leads to the log lines, and logs the masked ones. */
export function nameRequestInErrors(): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ contextValue, errors }) {
          for (const err of errors) {
            if (err.extensions['code'] === undefined && !isClientsMistake(err))
              contextValue.log.error({ err }, 'request failed inside the gateway')
          }
        },
        async willSendResponse({ contextValue, response }) {
          if (response.body.kind !== 'single') return
          const { errors } = response.body.singleResult
          if (!errors) return
          response.body.singleResult.errors = errors.map((error) => ({
            ...error,
            extensions: { ...error.extensions, requestId: contextValue.requestId },
          }))
        },
      }
    },
  }
}

/** Some of Apollo Server's own errors, such as those about persisted queries, have a status and no code. */
function isClientsMistake(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.extensions['code'] !== undefined) return false
  const { http } = error.extensions
  return typeof http === 'object' && http !== null && 'status' in http && http.status === 400
}
