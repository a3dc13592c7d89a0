import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler, type ApolloFastifyContextFunction } from '@as-integrations/fastify'
import { problemOf } from '@portico/service-kit/observe-requests'
import { countError } from '@portico/service-kit/operation-record'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayContext } from '../context.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { landingPagePolicy } from './sandbox.ts'

export interface GraphqlRouteOptions {
  apollo: ApolloServer<GatewayContext>
  path: string
  context: ApolloFastifyContextFunction<GatewayContext>
  recordOf: (request: FastifyRequest) => RequestRecord
}

/** Serves GraphQL over HTTP as its specification has it (https://graphql.github.io/graphql-over-http/draft/). */
export async function addGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): Promise<void> {
  const { apollo, path, context, recordOf } = options
  await app.register(async (route) => {
    // Fastify would read it as a string; GraphQL over HTTP is JSON.
    route.removeContentTypeParser('text/plain')
    route.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      refuseUnreadable(request)
    })
    route.addHook('onSend', async (request, reply, payload) =>
      typeof payload === 'string' && !problemOf(request.raw)
        ? finish(payload, { request, reply, record: recordOf(request) })
        : payload,
    )
    // Apollo Server refuses HEAD.
    const handler = fastifyApolloHandler(apollo, { context })
    route.route({ method: ['GET', 'POST'], url: path, exposeHeadRoute: false, handler })
  })
}

/** Refuses what would be read wrongly, or whose answer the client could not read, before anything is done for it. */
function refuseUnreadable({ headers, method, url, hostname }: FastifyRequest): void {
  // An address is made of these to find the query string.
  if (!URL.canParse(url, `http://${hostname}/`)) throw new HttpError(400, 'The Host header is missing or malformed.')
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new HttpError(415, 'Bodies can not be compressed.')
  }
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '') ?? []
  if (!/^utf-?8$/i.test(charset)) throw new HttpError(415, 'Bodies have to be in UTF-8.')
  if (!isAnswerAccepted(headers.accept, method)) {
    throw new HttpError(406, 'Accept application/graphql-response+json or application/json.')
  }
}

class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Apollo Server would find out only when the operation has been executed. */
function isAnswerAccepted(accept = '*/*', method: string): boolean {
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
    return ANSWERS.test(type) || (type === 'text/html' && method === 'GET')
  })
}

const ANSWERS = /^(\*\/\*|application\/(\*|json|graphql-response\+json))$/

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
  // `application/json` has one status for all that is a GraphQL request, so that proxies' own errors are told apart.
  if (reply.statusCode === 400 && type.startsWith('application/json') && !record.errorCodes.has('BAD_REQUEST')) {
    reply.code(200)
  }
  return answer
}

function nameRequest(payload: string, { request, record }: Omit<Finished, 'reply'>): string {
  const { errors } = JSON.parse(payload) as { errors: { extensions: Record<string, unknown> }[] }
  for (const { extensions } of errors) {
    countError(record, extensions['code'])
    extensions['requestId'] = request.id
  }
  return JSON.stringify({ errors })
}
