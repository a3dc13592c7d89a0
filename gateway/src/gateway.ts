import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import type { GatewayExecutor, GatewayInterface } from '@apollo/server-gateway-interface'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import { startHealth } from '@portico/service-kit/health'
import { createHttpServer, listen } from '@portico/service-kit/http-server'
import type { Running } from '@portico/service-kit/lifecycle'
import type { Logger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { createAdmission } from './admission/admit.ts'
import { requireValidToken } from './admission/require-valid-token.ts'
import { createTokenVerifier } from './admission/tokens.ts'
import type { GatewayConfig } from './config.ts'
import type { GatewayContext } from './context.ts'
import { createDataSource } from './execute/data-source.ts'
import { createExecutor } from './execute/executor.ts'
import { nameRequestInErrors, shapeError } from './http/error-shape.ts'
import { loadEnvelopeSigner } from './identity-key.ts'
import { createPlanner } from './plan/planner.ts'
import { createSubgraphClient } from './subgraph/client.ts'
import { createProbe } from './subgraph/probe.ts'
import { createRequestRecord } from './telemetry/request-record.ts'
import { loadSupergraph, type LoadedSupergraph } from './supergraph/load.ts'

export interface Gateway extends Running {
  /** The GraphQL endpoint, such as `http://127.0.0.1:4000/graphql`. */
  url: URL
}

/** What is left to do once the last request has been answered or given up. */
const CLOSE_WITHIN_MS = 5000

/**
 * Starts the gateway: loads the supergraph, then serves it. Subgraphs may come later; readiness says when the graph
 * can serve. Disposing it ends readiness, waits the drain delay, lets running requests finish, and closes.
 */
export async function startGateway(config: GatewayConfig, { log }: { log: Logger }): Promise<Gateway> {
  await using stack = new AsyncDisposableStack()
  const { production, trust } = config
  const loaded = await loadSupergraph(config.supergraph)
  log.info({ subgraphs: [...loaded.subgraphs.keys()] }, 'supergraph loaded')
  const signer = trust.identityKeyFile === undefined ? undefined : await loadEnvelopeSigner(trust.identityKeyFile)
  if (!signer) log.warn('IDENTITY_KEY_FILE is not set: subgraphs are not told who the viewer is')
  if (!trust.tokens) log.warn('JWKS_URL is not set: everyone is anonymous')

  const dataSources = Object.fromEntries(
    [...loaded.subgraphs].map(([subgraph, url]) => {
      const { subgraphTimeoutMs: timeoutMs } = config.supergraph
      const client = stack.use(createSubgraphClient({ name: subgraph, url, timeoutMs }))
      return [subgraph, createDataSource({ subgraph, client, signer })]
    }),
  )
  const planner = createPlanner(loaded, { cacheSize: config.supergraph.planCacheSize })
  const execute = createExecutor({ loaded, planner, dataSources })
  const executor = createAdmission({ schema: loaded.apiGraphqlSchema, execute, hideSchemaDetails: production })

  const checks = [...loaded.subgraphs].map(([name, url]) => createProbe(name, url))
  const health = stack.use(await startHealth({ checks, log }))
  const app = createHttpServer({ log, health, healthPaths: config.health.paths })
  const apollo = new ApolloServer<GatewayContext>({
    gateway: fixedGateway(loaded, executor),
    introspection: !production,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    formatError: (error) => shapeError(error, { production }),
    logger: log,
    nodeEnv: production ? 'production' : 'development',
    stopOnTerminationSignals: false,
    plugins: [
      fastifyApolloDrainPlugin(app),
      landingPage(production),
      requireValidToken(trust.tokenlessFields),
      nameRequestInErrors(),
    ],
  })
  await apollo.start()

  const tokens = stack.use(createTokenVerifier(trust.tokens, log))
  await app.register(fastifyApollo(apollo), {
    path: config.http.graphqlPath,
    context: async (request, reply) => {
      const credentials = await tokens.verify(request.headers.authorization)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return {
        requestId: request.id,
        log: log.child({ requestId: request.id }),
        credentials,
        viewer: credentials.kind === 'viewer' ? credentials.viewer : ANONYMOUS,
        clientAddress: request.ip,
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(config.http.requestTimeoutMs)]),
        record: createRequestRecord(),
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
    stopWithinMs: config.health.drainDelayMs + config.http.requestTimeoutMs + CLOSE_WITHIN_MS,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Apollo Sandbox in development, nothing in production. */
function landingPage(production: boolean): ApolloServerPlugin<GatewayContext> {
  return production
    ? ApolloServerPluginLandingPageDisabled()
    : ApolloServerPluginLandingPageLocalDefault({ footer: false })
}

/** One supergraph for the life of the process, as Apollo Server wants it. */
function fixedGateway({ apiGraphqlSchema, sdl }: LoadedSupergraph, executor: GatewayExecutor): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: apiGraphqlSchema, coreSupergraphSdl: sdl })
      return () => undefined
    },
    load: async () => ({ executor }),
    stop: async () => undefined,
  }
}
