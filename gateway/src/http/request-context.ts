import type { IncomingMessage } from 'node:http'
import type { ApolloFastifyContextFunction } from '@as-integrations/fastify'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import type { FastifyRequest } from 'fastify'
import type { TokenVerifier } from '../admission/tokens/verifier.ts'
import type { GatewayContext } from '../context.ts'
import { startDeadline } from '../deadline.ts'
import type { HeaderPropagator } from '../subgraph/client-headers.ts'
import { traceLines } from '../subgraph/trace-lines.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { UNKNOWN_ADDRESS } from './client-address.ts'

export interface RequestContextOptions {
  requestTimeoutMs: number
  tokens: TokenVerifier
  propagator: HeaderPropagator
  recordOf: (request: FastifyRequest) => RequestRecord
}

/** Makes what every step knows of a request. Its time runs from here on, while its token is verified too. */
export function createRequestContext(options: RequestContextOptions): ApolloFastifyContextFunction<GatewayContext> {
  const { requestTimeoutMs, tokens, propagator, recordOf } = options
  return async (request, { raw: response }) => {
    const clientHeaders = propagator.read(request.headers)
    const deadline = startDeadline({ withinMs: requestTimeoutMs })
    response.once('close', () => {
      deadline[Symbol.dispose]()
      if (!response.writableFinished) deadline.abort(new Error('The client is gone.'))
    })
    const record = recordOf(request)
    const credentials = await tokens.verify(authorizationsOf(request.raw), deadline.signal)
    const viewer = credentials.kind === 'viewer' ? credentials.viewer : ANONYMOUS
    if (viewer.kind === 'user') record.viewerId = viewer.id
    return {
      requestId: request.id,
      log: request.log,
      credentials,
      viewer,
      clientAddress: record.clientAddress ?? UNKNOWN_ADDRESS,
      clientHeaders,
      traceLines: traceLines(request.headers),
      deadline: deadline.at,
      signal: deadline.signal,
      record,
    }
  }
}

/** Every `authorization` header: Node keeps the first one where several are sent. */
function authorizationsOf({ headers, rawHeaders }: IncomingMessage): readonly string[] {
  if (headers.authorization === undefined) return []
  return rawHeaders.filter((_, index) => index % 2 === 1 && isAuthorization(rawHeaders[index - 1]))
}

function isAuthorization(name = ''): boolean {
  return name.length === 'authorization'.length && name.toLowerCase() === 'authorization'
}
