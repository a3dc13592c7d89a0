import type { GatewayExecutor, GatewayInterface } from '@apollo/server-gateway-interface'
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import { startHealth } from '@portico/service-kit/health'
import { listen } from '@portico/service-kit/http-server'
import type { Running } from '@portico/service-kit/lifecycle'
import type { Logger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { createAdmission } from './admission/admit.ts'
import { createAuthorization } from './admission/authorization.ts'
import { createHeaderPropagator } from './subgraph/client-headers.ts'
import { tellLimitsByStatus } from './http/rate-limit-status.ts'
import { openLimiterStore } from './admission/rate-limits/store.ts'
import { createRateLimits } from './admission/rate-limits/gate.ts'
import { requireValidToken } from './admission/tokens/require-valid-token.ts'
import { createTokenVerifier } from './admission/tokens/verifier.ts'
import type { GatewayConfig } from './config.ts'
import { createDataSource } from './execute/data-source.ts'
import { createExecutor } from './execute/executor.ts'
import { startGatewayAdmin } from './http/admin.ts'
import { createEdge } from './http/edge.ts'
import { addExplorer } from './http/explorer.ts'
import { addGraphqlRoute } from './http/graphql-route.ts'
import { createGraphqlServer } from './http/graphql-server.ts'
import { loadEnvelopeSigner } from './subgraph/identity-key.ts'
import { createPlanner } from './plan/planner.ts'
import { createSubgraphClient } from './subgraph/client.ts'
import { createProbes } from './subgraph/probe.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { observeGateway, recordGraphql } from './telemetry/telemetry.ts'
import { loadSupergraph, type LoadedSupergraph } from './supergraph/load.ts'

export interface Gateway extends Running {
  /** The GraphQL endpoint, such as `http://127.0.0.1:4000/graphql`. */
  url: URL
  /** Where the admin server answers, such as `http://127.0.0.1:4100/`; undefined when there is none. */
  adminUrl: URL | undefined
}

/** What is left to do once the last request has been answered or given up. */
const CLOSE_WITHIN_MS = 5000

/**
 * Starts the gateway: loads the supergraph, then serves it. Subgraphs may come later; readiness says when the graph
 * can serve. Disposing it ends readiness, waits the drain delay, lets running requests finish, and closes.
 */
export async function startGateway(config: GatewayConfig, { log }: { log: Logger }): Promise<Gateway> {
  await using stack = new AsyncDisposableStack()
  const { exposure, trust } = config
  const limiterStore = stack.use(openLimiterStore(config.rateLimits, log))
  const loaded = await loadSupergraph(config.supergraph, config.health)
  log.info({ subgraphs: [...loaded.subgraphs.keys()] }, 'supergraph loaded')
  const signer = trust.identityKeyFile === undefined ? undefined : await loadEnvelopeSigner(trust.identityKeyFile)
  if (!signer) log.warn('IDENTITY_KEY_FILE is not set: subgraphs are not told who the viewer is')
  if (!trust.tokens) log.warn('neither JWKS_URL nor OIDC_ISSUER is set: everyone is anonymous')

  const propagator = createHeaderPropagator(trust.propagation, loaded.subgraphs)
  const dataSources = Object.fromEntries(
    [...loaded.subgraphs].map(([subgraph, url]) => {
      const { subgraphTimeoutMs: timeoutMs } = config.supergraph
      const client = stack.use(createSubgraphClient({ name: subgraph, url, timeoutMs }))
      return [subgraph, createDataSource({ subgraph, client, signer, propagate: propagator.namesFor(subgraph) })]
    }),
  )
  const { requirements, apiGraphqlSchema: schema } = loaded
  const { planCacheSize: cacheSize } = config.supergraph
  const planner = createPlanner(loaded, { cacheSize })
  const execute = createExecutor({ loaded, planner, dataSources })
  const metrics = createMetrics(config.health)
  const { limited } = metrics
  const rateLimits = createRateLimits(config.rateLimits, { loaded, store: limiterStore, cacheSize, limited })
  const gates = [createAuthorization({ schema, requirements, cacheSize }), rateLimits]
  const executor = createAdmission({ schema, execute, gates, cacheSize, hideSchemaDetails: !exposure.errorDetails })

  const checks = createProbes(loaded.subgraphs, config.health)
  const health = stack.use(await startHealth({ checks, log, ...config.health.probes }))
  const { cached: cachedPlans } = planner
  const { redisState } = limiterStore
  const admin = stack.use(
    await startGatewayAdmin({ config: config.health.admin, log, health, loaded, metrics, cachedPlans, redisState }),
  )
  const app = await createEdge(config, { health, log })
  const recordOf = observeGateway(app, { log, metrics, quietPaths: Object.values(config.health.paths) })
  await addExplorer(app, config, log)
  const apollo = createGraphqlServer(config, {
    gateway: fixedGateway(loaded, executor),
    log,
    plugins: [
      fastifyApolloDrainPlugin(app),
      requireValidToken(trust.tokenlessFields),
      tellLimitsByStatus(),
      recordGraphql(),
    ],
  })
  await apollo.start()

  const tokens = stack.use(createTokenVerifier(trust.tokens, { log }))
  await addGraphqlRoute(app, {
    apollo,
    path: config.http.graphqlPath,
    context: async (request, reply) => {
      const credentials = await tokens.verify(request.raw.headersDistinct['authorization'] ?? [])
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return {
        requestId: request.id,
        log: log.child({ requestId: request.id }),
        credentials,
        viewer: credentials.kind === 'viewer' ? credentials.viewer : ANONYMOUS,
        clientAddress: request.ip,
        clientHeaders: propagator.read(request.headers),
        deadline: performance.now() + config.http.requestTimeoutMs,
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(config.http.requestTimeoutMs)]),
        record: recordOf(request),
      }
    },
  })
  // In reverse: not ready any more, a pause for balancers to notice, then no new connections and running requests end.
  stack.defer(() => apollo.stop())
  const address = await listen(app, config.http)
  stack.defer(async () => {
    health.drain()
    await new Promise((resolve) => setTimeout(resolve, config.health.drainDelayMs))
  })
  const url = new URL(config.http.graphqlPath, address)

  const running = stack.move()
  return {
    url,
    adminUrl: admin.url,
    stopWithinMs: config.health.drainDelayMs + config.http.requestTimeoutMs + CLOSE_WITHIN_MS,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** One supergraph for the life of the process, as Apollo Server wants it. */
function fixedGateway({ apiSchema, sdl }: LoadedSupergraph, executor: GatewayExecutor): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      // One of its own, since Apollo Server puts resolvers into it.
      callback({ apiSchema: apiSchema.toGraphQLJSSchema(), coreSupergraphSdl: sdl })
      return () => undefined
    },
    load: async () => ({ executor }),
    stop: async () => undefined,
  }
}
