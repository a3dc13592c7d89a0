import { addReadGauge, createBoundedLabel, DURATION_BUCKETS } from '@portico/service-kit/metrics'
import type { RequestEnd } from '@portico/service-kit/observe-requests'
import { outcomeOf } from '@portico/service-kit/operation-record'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HealthReport } from '../http/health-report.ts'
import { FAULTS } from '../error-codes.ts'
import { endedCalls, type RequestRecord } from './request-record.ts'

/** The metrics of docs/operations.md; each call counts something. */
export interface GatewayMetrics {
  /** Of this gateway alone, so that a process may hold several. */
  registry: Registry
  requestStarted: () => void
  requestEnded: (record: RequestRecord, end: RequestEnd) => void
  /** A limit of this field was exceeded; `coordinate` such as `Mutation.signIn`. */
  limited: (coordinate: string) => void
}

/** Subgraphs may answer with any code; more of them than this are counted as `other`. */
const MOST_CODES = 100

/** Makes the metrics of one gateway. `operationNames` is how many names of operations they tell apart at most. */
export function createMetrics({ operationNames }: { operationNames: number }): GatewayMetrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'portico_gateway_requests_total',
    help: 'Requests by operation and by what they came to.',
    labelNames: ['operation', 'type', 'outcome', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'portico_gateway_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['operation', 'type'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const inFlight = new Gauge({
    name: 'portico_gateway_requests_in_flight',
    help: 'Requests that are not answered yet.',
    registers,
  })
  const errors = new Counter({
    name: 'portico_gateway_errors_total',
    help: 'Requests with errors in their answer, by code; one with several codes counts for each.',
    labelNames: ['code'],
    registers,
  })
  const fetches = new Counter({
    name: 'portico_gateway_fetches_total',
    help: 'Fetches from subgraphs by how they ended.',
    labelNames: ['subgraph', 'outcome'],
    registers,
  })
  const fetchDuration = new Histogram({
    name: 'portico_gateway_fetch_duration_seconds',
    help: "From asking a subgraph to the end of its answer, or of the gateway's patience.",
    labelNames: ['subgraph'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const limited = new Counter({
    name: 'portico_gateway_rate_limited_total',
    help: 'Operations that exceeded the limit of a field.',
    labelNames: ['coordinate'],
    registers,
  })
  const nameLabel = createBoundedLabel({ most: operationNames })
  const codeLabel = createBoundedLabel({ most: MOST_CODES })

  /** Names are clients' to choose, so that only those of valid operations count, and not too many. */
  function operationLabels({ operationName, operationType }: RequestRecord) {
    if (!operationType) return { operation: 'none', type: 'none' }
    return { operation: operationName ? nameLabel(operationName) : 'anonymous', type: operationType }
  }

  return {
    registry,
    requestStarted: () => inFlight.inc(),
    requestEnded(record, end) {
      const operation = operationLabels(record)
      inFlight.dec()
      requests.inc({ ...operation, outcome: outcomeOf(record, end, (code) => FAULTS.has(code)), status: end.status })
      duration.observe(operation, end.durationMs / 1000)
      // Once, however many fields of the answer it is the reason of.
      for (const code of record.errorCodes.keys()) errors.inc({ code: codeLabel(code) })
      for (const { subgraph, outcome, durationMs } of endedCalls(record)) {
        fetches.inc({ subgraph, outcome })
        fetchDuration.observe({ subgraph }, durationMs / 1000)
      }
    },
    limited: (coordinate) => limited.inc({ coordinate }),
  }
}

/** Adds what is read when it is asked for: the state of the graph, and the plan cache. */
export function exposeState(
  { registry }: GatewayMetrics,
  { report, cachedPlans }: { report: () => HealthReport; cachedPlans: () => number },
): void {
  addReadGauge(registry, {
    name: 'portico_gateway_ready',
    help: '1 while the gateway is ready: all critical subgraphs are up and it is not draining.',
    aggregator: 'max',
    read: () => [[{}, report().status === 'ready']],
  })
  addReadGauge(registry, {
    name: 'portico_gateway_subgraph_up',
    help: '1 while the probes of a subgraph succeed.',
    labelNames: ['subgraph', 'critical'],
    aggregator: 'min',
    read: () =>
      Object.entries(report().subgraphs).map(([subgraph, { state, critical }]) => [
        { subgraph, critical: String(critical) },
        state === 'up',
      ]),
  })
  addReadGauge(registry, {
    name: 'portico_gateway_rate_limit_store_up',
    help: '1 while rate limits are counted in Redis; absent when each gateway counts by itself.',
    labelNames: ['store'],
    aggregator: 'min',
    read() {
      const { rateLimitStore } = report()
      return rateLimitStore ? [[{ store: 'redis' }, rateLimitStore.state === 'up']] : []
    },
  })
  addReadGauge(registry, {
    name: 'portico_gateway_plan_cache_entries',
    help: 'Query plans that are kept.',
    read: () => [[{}, cachedPlans()]],
  })
}
