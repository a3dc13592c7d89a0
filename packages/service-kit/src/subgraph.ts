import { readFile } from 'node:fs/promises'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace'
import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import { parse } from 'graphql'
import type { Registry } from 'prom-client'
import { startAdminServer } from './admin-server.ts'
import { enforceAuthorization } from './authorization.ts'
import { classifyDatabaseError } from './database-errors.ts'
import type { PoolUse } from './database.ts'
import { isPublic, maskError } from './errors.ts'
import { DEADLINE_HEADER, deadlineFrom, refuseLateRequests } from './deadline.ts'
import { listenUntilDrained } from './draining.ts'
import { forgetAfterMutations } from './fresh-reads.ts'
import { describeHealth, startHealth, type HealthCheck } from './health.ts'
import { createHttpServer, HEALTH_PATHS } from './http-server.ts'
import { IDENTITY_HEADER } from './identity-envelope.ts'
import type { Running } from './lifecycle.ts'
import type { Logger, RequestLogger } from './logger.ts'
import { createExposition } from './metrics.ts'
import type { OperationRecord } from './operation-record.ts'
import type { SubgraphConfig } from './subgraph-config.ts'
import { createSubgraphTelemetry } from './subgraph-telemetry.ts'
import { parseTraceParent } from './trace-context.ts'
import { loadIdentify } from './trust.ts'
import type { Viewer } from './viewer.ts'

/** What every resolver knows of its request. */
export interface SubgraphContext {
  viewer: Viewer
  /** The id by which logs of gateway and subgraphs belong together. */
  requestId: string
  /** Where the request belongs in a distributed trace (W3C Trace Context), if its client traces it. */
  traceparent: string | undefined
  /** When the caller stops waiting for the answer, in the time of `performance.now()`. */
  deadline: number
  log: RequestLogger
  /** What the request's own log line will say of it. */
  record: OperationRecord
}

/** What makes a subgraph of a schema, its resolvers and what they need. */
export interface SubgraphDefinition<Context extends SubgraphContext> {
  /** The subgraph's name in the supergraph; the gateway addresses its identity envelopes to it. */
  name: string
  config: Omit<SubgraphConfig, 'database'>
  log: Logger
  /** The SDL file, a federation 2 schema. */
  schemaFile: URL
  /** By type and field, typed by the subgraph's generated `Resolvers`. */
  resolvers: object
  /** Adds what the subgraph's resolvers need, such as `loaders`, made anew for each request. */
  context: (request: SubgraphContext) => Context
  /** What must work for the subgraph to be ready. */
  checks: readonly HealthCheck[]
  /** How the connections to its database are used, for its metrics. */
  poolUse?: () => PoolUse
  /** Adds metrics of its own. */
  metrics?: (registry: Registry) => void
  /** What its operators are told beside its checks, by names; the gateway too, for its status page. */
  details?: () => Readonly<Record<string, unknown>>
  /** Routes beside `/graphql` and the health routes. */
  routes?: (app: FastifyInstance) => void
}

/** A subgraph that answers. */
export interface Subgraph extends Running {
  /** Where it answers, such as `http://127.0.0.1:4001/graphql`. */
  url: URL
  /** Where the admin server answers, such as `http://127.0.0.1:4101/`; undefined when there is none. */
  adminUrl: URL | undefined
}

/** After the drain delay, requests that run may take this long; the gateway gives up on them earlier. */
const FINISH_WITHIN_MS = 15_000

/**
 * Serves a subgraph: `POST /graphql` for the gateway, `/health/live` and `/health/ready`, where the gateway alone is told
 * details; on the admin port `/metrics` and `/health/checks`. Disposing it ends readiness, waits the drain delay if readiness is polled, lets running requests finish, and closes.
 *
 * @throws ConfigError when the gateway's keys can't be used, ListenError when the port can't be opened, and Error for a
 * schema with a rule that nobody would keep.
 */
export async function startSubgraph<Context extends SubgraphContext>(
  definition: SubgraphDefinition<Context>,
): Promise<Subgraph> {
  const { name, config, log, checks, poolUse, context, resolvers, routes, schemaFile, metrics, details } = definition
  const typeDefs = parse(await readFile(schemaFile, 'utf8'))
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as GraphQLResolverMap<Context> }])
  forgetAfterMutations(schema)
  enforceAuthorization(schema)
  const identify = await loadIdentify(config.trust, name)

  await using stack = new AsyncDisposableStack()
  const health = stack.use(await startHealth({ checks, log }))
  const app = createHttpServer({
    log,
    health,
    readyDetails: async ({ headers }) =>
      headers[IDENTITY_HEADER] === undefined
        ? undefined
        : identify(headers).then(
            () => details?.(),
            () => undefined,
          ),
  })
  const quietPaths = Object.values(HEALTH_PATHS)
  const telemetry = createSubgraphTelemetry({ subgraph: name, app, log, health, poolUse, quietPaths })
  metrics?.(telemetry.registry)
  const admin = stack.use(
    await startAdminServer({
      config: config.admin,
      log,
      health,
      metrics: createExposition(telemetry.registry),
      routes: (server) => server.get('/health/checks', async () => ({ ...describeHealth(health), ...details?.() })),
    }),
  )
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: !config.production,
    includeStacktraceInErrorResponses: false,
    formatError: maskError,
    logger: log,
    nodeEnv: config.production ? 'production' : 'development',
    // Only the gateway calls, so there is no browser that a form could abuse.
    csrfPrevention: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    plugins: [
      fastifyApolloDrainPlugin(app),
      ApolloServerPluginInlineTrace(),
      ApolloServerPluginLandingPageDisabled(),
      telemetry.plugin,
      refuseLateRequests(),
      logUnexpected(),
    ],
  })
  await apollo.start()
  await app.register(fastifyApollo(apollo), {
    path: '/graphql',
    method: ['POST'],
    context: async (request) =>
      context({
        viewer: await identify(request.headers),
        requestId: request.id,
        traceparent: parseTraceParent(request.headers),
        deadline: deadlineFrom(request.headers[DEADLINE_HEADER]),
        log: request.log,
        record: telemetry.recordOf(request),
      }),
  })
  routes?.(app)
  const { drainDelayMs } = config
  const { address } = stack.use(
    await listenUntilDrained({ app, address: config, health, drainDelayMs, close: () => apollo.stop() }),
  )

  const running = stack.move()
  return {
    url: new URL('/graphql', address),
    adminUrl: admin.url,
    stopWithinMs: drainDelayMs + FINISH_WITHIN_MS,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function logUnexpected<Context extends SubgraphContext>(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ contextValue, errors, operationName }) {
          for (const err of errors) {
            if (isPublic(err)) continue
            const cause = err.originalError ?? err
            const failure = classifyDatabaseError(cause)?.kind
            const where = { path: err.path, operationName }
            // An outage fails every request: its stacks would say nothing, and drown what matters.
            if (failure === 'unavailable' || failure === 'timeout') {
              contextValue.log.warn({ reason: cause.message, failure, ...where }, 'resolver failed')
            } else {
              contextValue.log.error({ err: cause, ...where }, 'resolver failed')
            }
          }
        },
      }
    },
  }
}
