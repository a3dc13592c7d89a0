import { HeaderMap, type ApolloServerPlugin } from '@apollo/server'
import type { GatewayContext } from '../context.ts'
import { resultOf } from './answer-text.ts'
import { logBroken } from './error-shape.ts'
import type { PreparedOperations } from './prepared-operations.ts'
import type { Responder } from './respond.ts'
import { tellErrors } from './tell-errors.ts'

export interface PreparationOptions {
  respond: Responder
  prepared: PreparedOperations
}

/**
 * What Apollo Server does with requests here: operations that it has parsed and validated are kept as prepared, and given
 * to `respond`, which answers them. What it refuses itself is noted and told in the same way.
 */
export function prepareAndRespond({ respond, prepared }: PreparationOptions): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart({ contextValue }) {
      const { log, record } = contextValue
      let isAnswered = false
      return {
        async didResolveSource({ queryHash }) {
          if (queryHash !== undefined) record.documentHash = queryHash
        },
        async didEncounterErrors({ errors }) {
          logBroken(log, errors)
        },
        async responseForOperation({ request, source, queryHash = '', document, operation, metrics }) {
          const { operationName, variables = {}, http } = request
          const isPersisted = metrics.persistedQueryHit === true
          // There is none when the document does not have the operation that is asked for.
          const kept = operation
            ? prepared.keep(
                { text: source, hash: queryHash, document, isPersisted },
                { operationName, definition: operation },
              )
            : undefined
          const accept = http?.headers.get('accept')
          const asked = { operation: kept?.operation, operationName, variables, documentHash: queryHash, accept }
          const { status, headers, parts } = await respond(asked, contextValue)
          isAnswered = true
          return {
            http: { status, headers: new HeaderMap(headers) },
            body: { kind: 'single', singleResult: resultOf(parts.join('')) },
          }
        },
        async willSendResponse({ response: { body } }) {
          if (isAnswered || body.kind !== 'single' || !body.singleResult.errors) return
          body.singleResult.errors = tellErrors(body.singleResult.errors, contextValue)
        },
      }
    },
  }
}
