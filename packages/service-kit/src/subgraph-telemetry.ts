import type { ApolloServerPlugin } from '@apollo/server'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PoolUse } from './database.ts'
import { isFault } from './errors.ts'
import type { Health } from './health.ts'
import type { Logger } from './logger.ts'
import { addReadGauge, DURATION_BUCKETS } from './metrics.ts'
import { observeRequests, type RequestEnd } from './observe-requests.ts'
import {
  countError,
  createOperationRecord,
  outcomeOf,
  recordOperations,
  type OperationRecord,
} from './operation-record.ts'
import type { SubgraphContext } from './subgraph.ts'

/** What a subgraph's telemetry tells of. */
export interface SubgraphTelemetryOptions {
  subgraph: string
  app: FastifyInstance
  log: Logger
  health: Health
  poolUse: (() => PoolUse) | undefined
  /** Paths of which nothing is told. */
  quietPaths: readonly string[]
}

/** A log line and a few metrics of each request. */
export interface SubgraphTelemetry {
  registry: Registry
  /** Notes in a request's record what Apollo Server finds out about it. */
  plugin: ApolloServerPlugin<SubgraphContext>
  /** The record of a request, for its context. */
  recordOf: (request: FastifyRequest) => OperationRecord
}

/** Observes the requests of a subgraph's server, its health and its database connections. */
export function createSubgraphTelemetry(options: SubgraphTelemetryOptions): SubgraphTelemetry {
  const { app, log, quietPaths } = options
  const metrics = createSubgraphMetrics(options)
  const recordOf = observeRequests(app, {
    createRecord: createOperationRecord,
    quietPaths,
    started: metrics.started,
    ended(record, end) {
      if (end.problem !== undefined) countError(record, end.problem)
      metrics.ended(record, end)
      // Other routes, such as public keys, are asked on a timer.
      const level = record.documentHash === undefined && end.status < 400 ? 'debug' : 'info'
      log[level](describe(record, end), 'request')
    },
  })
  return { registry: metrics.registry, plugin: recordOperations(({ record }: SubgraphContext) => record), recordOf }
}

function describe(record: OperationRecord, { requestId, path, status, durationMs, aborted }: RequestEnd) {
  const { operationName, operationType, viewerId, errorCodes } = record
  return {
    requestId,
    ...(operationType ? { operationName, operationType } : { path }),
    status,
    durationMs,
    viewerId,
    ...(errorCodes.size > 0 ? { errorCodes: Object.fromEntries(errorCodes) } : {}),
    ...(aborted ? { aborted } : {}),
  }
}

/** The metrics of docs/operations.md that subgraphs have. */
function createSubgraphMetrics({ subgraph, health, poolUse }: SubgraphTelemetryOptions) {
  const registry = new Registry()
  registry.setDefaultLabels({ subgraph })
  const registers = [registry]
  const requests = new Counter({
    name: 'portico_subgraph_requests_total',
    help: 'Requests by what they came to.',
    labelNames: ['type', 'outcome', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'portico_subgraph_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['type'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const inFlight = new Gauge({
    name: 'portico_subgraph_requests_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
  })
  addReadGauge(registry, {
    name: 'portico_subgraph_ready',
    help: '1 while the process is ready: all checks are up and it is not draining.',
    read: () => [[{}, health.isReady()]],
  })
  addReadGauge(registry, {
    name: 'portico_subgraph_check_up',
    help: '1 while a health check is up.',
    labelNames: ['check'],
    read: () => Object.entries(health.states()).map(([check, { state }]) => [{ check }, state === 'up']),
  })
  if (poolUse) exposePool(registry, poolUse)
  return {
    registry,
    started: () => inFlight.inc(),
    ended(record: OperationRecord, end: RequestEnd) {
      const type = record.operationType ?? 'none'
      inFlight.dec()
      requests.inc({ type, outcome: outcomeOf(record, end, isFault), status: end.status })
      duration.observe({ type }, end.durationMs / 1000)
    },
  }
}

function exposePool(registry: Registry, poolUse: () => PoolUse): void {
  addReadGauge(registry, {
    name: 'portico_subgraph_database_connections',
    help: 'Open connections to the database.',
    labelNames: ['state'],
    read() {
      const { open, idle } = poolUse()
      return [
        [{ state: 'idle' }, idle],
        [{ state: 'busy' }, open - idle],
      ]
    },
  })
  addReadGauge(registry, {
    name: 'portico_subgraph_database_connections_max',
    help: 'Most connections that may be open.',
    read: () => [[{}, poolUse().max]],
  })
  addReadGauge(registry, {
    name: 'portico_subgraph_database_waiting',
    help: 'Callers that wait for a connection.',
    read: () => [[{}, poolUse().waiting]],
  })
}
