import type { Health } from '@portico/service-kit/health'
import { createHttpServer } from '@portico/service-kit/http-server'
import type { Logger } from '@portico/service-kit/logger'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { allowOrigins } from './cors.ts'
import { problemBodyAt } from './problem-body.ts'
import { securityHeaders } from './security-headers.ts'

/** Creates the gateway's HTTP server, with everything that holds for all routes: limits, headers, CORS, problems. */
export async function createEdge(
  { exposure, health: { paths }, http, limits, proxies, trust, warnings }: GatewayConfig,
  { health, log }: { health: Health; log: Logger },
): Promise<FastifyInstance> {
  for (const warning of warnings) log.warn(warning)
  const app = createHttpServer({
    log,
    health,
    healthPaths: paths,
    bodyLimitBytes: limits.bodyBytes,
    receiveWithinMs: http.receiveTimeoutMs,
    trustedProxies: proxies.trusted,
    headers: securityHeaders(http),
    problemBody: problemBodyAt(http.graphqlPath),
  })
  const { toAll, bySubgraph } = trust.propagation
  await allowOrigins(app, { ...exposure, readHeaders: [...toAll, ...[...bySubgraph.values()].flat()] })
  return app
}
