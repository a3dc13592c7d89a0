import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { problemOf } from '@portico/service-kit/observe-requests'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { readJsonBodies } from './json-body.ts'
import { refuseUnreadable } from './refuse-unreadable.ts'
import { landingPagePolicy } from './sandbox.ts'
import { createShortWay, type ShortWayOptions } from './short-way.ts'
import { statusFor } from './status.ts'
import { tellErrors } from './tell-errors.ts'

export interface GraphqlRouteOptions extends ShortWayOptions {
  apollo: ApolloServer<GatewayContext>
  path: string
  recordOf: (request: FastifyRequest) => RequestRecord
}

/** Serves GraphQL over HTTP as its specification has it (https://graphql.github.io/graphql-over-http/draft/). */
export async function addGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): Promise<void> {
  const { apollo, path, context, recordOf } = options
  await app.register(async (route) => {
    // Fastify would read it as a string; GraphQL over HTTP is JSON.
    route.removeContentTypeParser('text/plain')
    readJsonBodies(route)
    route.addHook('onRequest', (request, reply, done) => {
      reply.header('cache-control', 'no-store')
      refuseUnreadable(request)
      done()
    })
    route.addHook('onSend', (request, reply, payload, done) => {
      const isOfApollo = typeof payload === 'string' && !problemOf(request.raw)
      done(null, isOfApollo ? finish(payload, { request, reply, record: recordOf(request) }) : payload)
    })
    const takeShortWay = createShortWay(options)
    const askApollo = fastifyApolloHandler(apollo, { context })
    route.route({
      method: ['GET', 'POST'],
      url: path,
      // Apollo Server refuses HEAD.
      exposeHeadRoute: false,
      async handler(request, reply) {
        return (await takeShortWay(request, reply)) ?? askApollo.call(this, request, reply)
      },
    })
  })
}

interface Finished {
  request: FastifyRequest
  reply: FastifyReply
  record: RequestRecord
}

/** What Apollo Server leaves open of an answer. */
function finish(payload: string, { request, reply, record }: Finished): string {
  const type = String(reply.getHeader('content-type'))
  if (type.startsWith('text/html')) reply.header('content-security-policy', landingPagePolicy(payload))
  if (reply.statusCode < 400) return payload
  // Nothing is noted of what was refused before there was a request in Apollo Server's eyes.
  const answer = record.errorCodes.size === 0 ? nameRequest(payload, { request, record }) : payload
  reply.code(statusFor(reply.statusCode, { mediaType: type, record }))
  return answer
}

function nameRequest(payload: string, { request, record }: Omit<Finished, 'reply'>): string {
  const { errors } = JSON.parse(payload) as { errors: GraphQLFormattedError[] }
  return JSON.stringify({ errors: tellErrors(errors, { record, requestId: request.id }) })
}
