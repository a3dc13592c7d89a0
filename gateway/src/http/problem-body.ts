import type { HttpProblem } from '@portico/service-kit/http-server'
import { pathOf } from '@portico/service-kit/request-path'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * The body of an answer to what never became a GraphQL request, such as one that is too large or no JSON: in the shape
 * that GraphQL clients read on the path of GraphQL and below it, small JSON elsewhere.
 */
export function problemBodyAt(graphqlPath: string) {
  return ({ code, message }: HttpProblem, request: FastifyRequest, reply: FastifyReply): unknown => {
    const path = pathOf(request.url)
    if (path !== graphqlPath && !path.startsWith(`${graphqlPath.replace(/\/$/, '')}/`)) {
      return { error: message, requestId: request.id }
    }
    const mediaType = /application\/graphql-response\+json/i.test(request.headers.accept ?? '')
      ? 'application/graphql-response+json'
      : 'application/json'
    reply.type(`${mediaType}; charset=utf-8`)
    return JSON.stringify({ errors: [{ message, extensions: { code, requestId: request.id } }] })
  }
}
