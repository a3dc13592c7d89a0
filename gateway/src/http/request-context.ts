import type { ApolloFastifyContextFunction } from '@as-integrations/fastify'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import type { FastifyRequest } from 'fastify'
import type { TokenVerifier } from '../admission/tokens/verifier.ts'
import type { GatewayContext } from '../context.ts'
import { startDeadline } from '../deadline.ts'
import type { HeaderPropagator } from '../subgraph/client-headers.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { clientAddressOf } from './client-address.ts'

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
    const deadline = startDeadline({ withinMs: requestTimeoutMs })
    response.once('close', () => {
      deadline[Symbol.dispose]()
      if (!response.writableFinished) deadline.abort(new Error('The client is gone.'))
    })
    const clientHeaders = propagator.read(request.headers)
    const credentials = await tokens.verify(request.raw.headersDistinct['authorization'] ?? [], deadline.signal)
    return {
      requestId: request.id,
      log: request.log,
      credentials,
      viewer: credentials.kind === 'viewer' ? credentials.viewer : ANONYMOUS,
      clientAddress: clientAddressOf(request.ip),
      clientHeaders,
      deadline: deadline.at,
      signal: deadline.signal,
      record: recordOf(request),
    }
  }
}
