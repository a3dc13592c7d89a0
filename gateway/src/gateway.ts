import { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import { listenUntilDrained } from '@portico/service-kit/draining'
import { startHealth } from '@portico/service-kit/health'
import type { Running } from '@portico/service-kit/lifecycle'
import type { Logger } from '@portico/service-kit/logger'
import { createAdmission } from './admission/admit.ts'
import { createAuthorization } from './admission/authorization.ts'
import { createRateLimits } from './admission/rate-limits/gate.ts'
import { openLimiterStore } from './admission/rate-limits/store.ts'
import { shareQueries } from './admission/share-queries.ts'
import { createTokenVerifier } from './admission/tokens/verifier.ts'
import type { GatewayConfig } from './config.ts'
import { createSubgraphCalls } from './execute/create-subgraph-calls.ts'
import { createExecutor } from './execute/executor.ts'
import { startGatewayAdmin } from './http/admin.ts'
import { createEdge } from './http/edge.ts'
import { addExplorer } from './http/explorer.ts'
import { addGraphqlRoute } from './http/graphql-route.ts'
import { createGraphqlServer } from './http/graphql-server.ts'
import { createPreparedOperations } from './http/prepared-operations.ts'
import { createRequestContext } from './http/request-context.ts'
import { createResponder } from './http/respond.ts'
import { loadFiles } from './load.ts'
import { createPlanner } from './plan/planner.ts'
import { createHeaderPropagator } from './subgraph/client-headers.ts'
import { createProbes } from './subgraph/probe.ts'
import { fixedGateway } from './supergraph/fixed-gateway.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { observeGateway } from './telemetry/telemetry.ts'
import type { Membership } from './workers/membership.ts'

export interface Gateway extends Running {
  /** The GraphQL endpoint, such as `http://127.0.0.1:4000/graphql`. */
  url: URL
  stopWithinMs: number
  /** Where the admin server answers, such as `http://127.0.0.1:4100/`; undefined when there is none. */
  adminUrl: URL | undefined
}

export interface GatewayOptions {
  log: Logger
  /** Undefined: this process is the whole gateway. */
  group?: Membership | undefined
}

/** What is left to do once the last request has been answered or given up. */
const CLOSE_WITHIN_MS = 5000

/**
 * Starts the gateway: loads all files, then serves the supergraph. Subgraphs may come later; readiness says when the
 * graph can serve. Disposing it ends readiness, waits the drain delay if readiness is polled, lets running requests finish, and closes.
 *
 * @throws ConfigError with all mistakes of the configuration at once, before anything is opened.
 */
export async function startGateway(config: GatewayConfig, { log, group }: GatewayOptions): Promise<Gateway> {
  const { exposure, health: healthConfig, http, trust } = config
  const { supergraph: loaded, signer, explorerDocuments } = await loadFiles(config)
  log.info({ subgraphs: [...loaded.subgraphs.keys()] }, 'supergraph loaded')

  await using stack = new AsyncDisposableStack()
  const { requirements, subgraphs, apiGraphqlSchema: schema } = loaded
  const { planCacheSize: cacheSize } = config.supergraph
  const metrics = createMetrics(healthConfig)
  const propagator = createHeaderPropagator(trust.propagation)
  const calls = stack.use(createSubgraphCalls(config.supergraph, { subgraphs, signer, propagator }))
  const planner = stack.use(createPlanner(loaded, { cacheSize, ...config.planning }))
  const executor = createExecutor({ loaded, planner, subgraph: calls.byName, cacheSize })
  const execute = config.supergraph.sharing.queries ? shareQueries(executor) : executor
  const store = stack.use(openLimiterStore(config.rateLimits, { log, counts: group?.counts }))
  const rateLimits = createRateLimits(config.rateLimits, { loaded, store, cacheSize, limited: metrics.limited })
  const gates = [createAuthorization({ schema, requirements, cacheSize }), rateLimits]
  const { tokenlessFields } = trust
  const { valueDepth } = config.limits.document
  const { errorDetails: details } = exposure
  const admission = { schema, execute, gates, cacheSize, tokenlessFields, valueDepth, hideSchemaDetails: !details }
  const respond = createResponder(createAdmission(admission), { details })
  const prepared = createPreparedOperations({ maxEntries: cacheSize })

  const { checks, eventsOf } = stack.use(createProbes(subgraphs, { ...healthConfig, signer }))
  const health = stack.use(await startHealth({ checks, log, polls: group?.polls, ...healthConfig.probes }))
  const { cached: cachedPlans } = planner
  const { redisState } = store
  const admin = stack.use(
    await startGatewayAdmin({
      config: healthConfig.admin,
      log,
      health,
      loaded,
      metrics,
      cachedPlans,
      redisState,
      eventsOf,
      group,
    }),
  )
  const app = await createEdge(config, { health, log })
  const recordOf = observeGateway(app, { log, metrics, quietPaths: Object.values(healthConfig.paths) })
  await addExplorer(app, config, { documents: explorerDocuments, log })
  const apollo = createGraphqlServer(config, {
    gateway: fixedGateway(loaded),
    log,
    respond,
    prepared,
    plugins: [fastifyApolloDrainPlugin(app)],
  })
  await apollo.start()
  const tokens = stack.use(createTokenVerifier(trust.tokens, { log }))
  const { graphqlPath, requestTimeoutMs } = http
  const context = createRequestContext({ requestTimeoutMs, tokens, propagator, recordOf })
  await addGraphqlRoute(app, { apollo, path: graphqlPath, recordOf, context, respond, prepared })
  const { drainDelayMs } = healthConfig
  const { address } = stack.use(
    await listenUntilDrained({ app, address: http, health, drainDelayMs, close: () => apollo.stop(), sharing: group }),
  )

  const running = stack.move()
  return {
    url: new URL(graphqlPath, address),
    adminUrl: admin.url,
    stopWithinMs: drainDelayMs + requestTimeoutMs + CLOSE_WITHIN_MS,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
