import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLFormattedError } from 'graphql'
import type { GatewayContext } from '../context.ts'

/** What an error may tell a client beside its message and path. */
const PUBLIC_EXTENSIONS = ['code', 'subgraph', 'retryAfterMs', 'argumentName'] as const

/**
 * Apollo Server's `formatError`: keeps the extensions that clients can act on, and masks what broke inside. Errors of
 * subgraphs come already masked by them; of others than ours, the stack and the address are dropped all the same.
 */
export function shapeError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const extensions: Record<string, unknown> = {}
  for (const key of PUBLIC_EXTENSIONS) {
    const value = formatted.extensions?.[key]
    if (value !== undefined) extensions[key] = value
  }
  const code = extensions['code'] ?? 'INTERNAL_SERVER_ERROR'
  const ours = extensions['subgraph'] === undefined && code === 'INTERNAL_SERVER_ERROR'
  return {
    message: ours ? 'Internal server error.' : formatted.message,
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
