import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLFormattedError } from 'graphql'
import type { GatewayContext } from '../context.ts'

/** What an error may tell a client beside its message and path. */
const PUBLIC_EXTENSIONS = ['code', 'subgraph', 'retryAfterMs', 'argumentName'] as const

/** Codes that stand for "something broke": their messages are for logs. */
const BROKEN = new Set<unknown>(['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR'])

/**
 * Apollo Server's `formatError`: keeps the extensions that clients can act on, and masks what broke inside. In
 * production also what broke in a subgraph, unless it says by a code of its own that its message is meant for clients:
 * ours mask such errors themselves, others may tell addresses.
 */
export function shapeError(
  formatted: GraphQLFormattedError,
  { production }: { production: boolean },
): GraphQLFormattedError {
  const extensions: Record<string, unknown> = {}
  for (const key of PUBLIC_EXTENSIONS) {
    const value = formatted.extensions?.[key]
    if (value !== undefined) extensions[key] = value
  }
  const code = extensions['code'] ?? 'INTERNAL_SERVER_ERROR'
  const masked = BROKEN.has(code) && (production || extensions['subgraph'] === undefined)
  return {
    message: masked ? 'Internal server error.' : formatted.message,
    ...(formatted.locations && extensions['subgraph'] === undefined ? { locations: formatted.locations } : {}),
    ...(formatted.path ? { path: formatted.path } : {}),
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
            if (err.extensions['code'] === undefined)
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
