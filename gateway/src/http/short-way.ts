import type { ApolloFastifyContextFunction } from '@as-integrations/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayContext } from '../context.ts'
import { readGraphqlBody } from './graphql-body.ts'
import { payloadOf } from './payload.ts'
import type { PreparedOperations } from './prepared-operations.ts'
import type { GraphqlRequest, Responder } from './respond.ts'

export interface ShortWayOptions {
  prepared: PreparedOperations
  respond: Responder
  context: ApolloFastifyContextFunction<GatewayContext>
}

/** Answers a request without Apollo Server; undefined when it has to see to it, at once or when that turns out. */
export type ShortWay = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<string | Buffer | undefined> | undefined

/** The way of requests for operations that Apollo Server has prepared before, when nothing else about them is unusual. */
export function createShortWay({ prepared, respond, context }: ShortWayOptions): ShortWay {
  function find({ body, method, headers }: FastifyRequest): GraphqlRequest | undefined {
    const asked = method === 'POST' ? readGraphqlBody(body) : undefined
    if (!asked) return undefined
    const { query, hash, operationName, variables = {} } = asked
    const found =
      query === undefined ? prepared.byHash(hash ?? '', operationName) : prepared.byText(query, operationName)
    return found && { ...found, operationName, variables, accept: headers.accept }
  }

  async function answer(asked: GraphqlRequest, request: FastifyRequest, reply: FastifyReply) {
    // Apollo Server makes it once more, and knows how to tell of what is wrong with it.
    const made = await context(request, reply).catch(() => undefined)
    if (!made) return undefined
    const { status, headers, parts } = await respond(asked, made)
    for (const [name, value] of headers) reply.header(name, value)
    reply.code(status)
    return payloadOf(parts)
  }

  return (request, reply) => {
    const asked = find(request)
    return asked && answer(asked, request, reply)
  }
}
