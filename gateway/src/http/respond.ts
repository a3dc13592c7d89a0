import { GraphQLError, OperationTypeNode } from 'graphql'
import { noteOperation } from '@portico/service-kit/operation-record'
import type { Admission, AskedOperation } from '../admission/admit.ts'
import { isStackOverflow, tooDeep } from '../admission/limits/limits.ts'
import type { GatewayContext } from '../context.ts'
import type { Answer } from '../execute/answer.ts'
import { formatErrors, logBroken } from './error-shape.ts'
import { mediaTypeFor, MEDIA_TYPES } from './media-type.ts'
import { limitedStatus } from './rate-limit-status.ts'
import { statusFor, statusOfNothing } from './status.ts'
import { tellErrors } from './tell-errors.ts'
import { createTurns } from './turns.ts'

/** A request whose document is parsed and validated. */
export interface GraphqlRequest extends AskedOperation {
  /** SHA-256 of the document's text, in hex. */
  documentHash: string
  /** The request's `accept` header. */
  accept: string | undefined
}

/** What is sent. */
export interface GraphqlResponse {
  status: number
  headers: ReadonlyMap<string, string>
  /** The parts of its text. */
  parts: readonly string[]
}

/** Answers a request of which nothing is left to do but to decide on it and to execute it. */
export type Responder = (request: GraphqlRequest, context: GatewayContext) => Promise<GraphqlResponse>

/**
 * The part of a request's way that those which Apollo Server has prepared a moment ago have in common with those whose
 * document it had prepared before. `details`: errors tell what broke in a subgraph.
 */
export function createResponder(admit: Admission, { details }: { details: boolean }): Responder {
  const turns = createTurns()
  async function answerTo(request: GraphqlRequest, context: GatewayContext): Promise<Answer> {
    try {
      return await turns.take(() => admit(request, context), context.signal)
    } catch (error) {
      return { data: undefined, errors: [asGraphQLError(error, context)] }
    }
  }

  return async (request, context) => {
    const { record, requestId, log } = context
    const { operation, documentHash, accept } = request
    const definition = operation?.definition
    record.documentHash = documentHash
    noteOperation(record, { name: definition?.name?.value, type: definition?.operation })
    const { data, errors } = await answerTo(request, context)
    record.answered = data !== undefined && data !== 'null'
    const mediaType = mediaTypeFor(accept) ?? MEDIA_TYPES[0]
    const contentType = `${mediaType}; charset=utf-8`
    if (errors.length === 0) {
      return {
        status: 200,
        headers: new Map([['content-type', contentType]]),
        parts: ['{"data":', data ?? 'null', '}'],
      }
    }
    logBroken(log, errors)
    const { formatted, headers, ...head } = formatErrors(errors, { details })
    const told = head.status ?? (data === undefined ? statusOfNothing(formatted) : 200)
    const isMutation = definition?.operation === OperationTypeNode.MUTATION
    const limited = limitedStatus({ data, errors: formatted, isMutation })
    if (limited) headers.set('retry-after', String(limited.retryAfterS))
    headers.set('content-type', contentType)
    const named = tellErrors(formatted, { record, requestId })
    const parts = ['{"errors":', JSON.stringify(named), ...(data === undefined ? [] : [',"data":', data]), '}']
    return { status: statusFor(limited?.status ?? told, { mediaType, record }), headers, parts }
  }
}

function asGraphQLError(thrown: unknown, { record }: GatewayContext): GraphQLError {
  // Once a subgraph was asked, a mutation may have been executed: then nothing was refused.
  if (isStackOverflow(thrown) && record.subgraphCalls.length === 0) return tooDeep()
  if (thrown instanceof GraphQLError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return new GraphQLError(error.message, { originalError: error })
}
