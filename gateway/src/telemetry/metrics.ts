import { addReadGauge, createBoundedLabel, DURATION_BUCKETS } from '@portico/service-kit/metrics'
import type { RequestEnd } from '@portico/service-kit/observe-requests'
import { outcomeOf } from '@portico/service-kit/operation-record'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HealthReport } from '../http/health-report.ts'
import { FAULTS } from '../error-codes.ts'
import { memoized } from '../memoized.ts'
import { endedCalls, type RequestRecord } from './request-record.ts'
import { createCount, createDurations, createSeries } from './series.ts'

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
  const requests = counters(registry, {
    name: 'portico_gateway_requests_total',
    help: 'Requests by operation and by what they came to.',
    labelNames: ['operation', 'type', 'outcome', 'status'],
  })
  const durations = histograms(registry, {
    name: 'portico_gateway_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['operation', 'type'],
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
  const fetches = counters(registry, {
    name: 'portico_gateway_fetches_total',
    help: 'Fetches from subgraphs by how they ended.',
    labelNames: ['subgraph', 'outcome'],
  })
  const fetchDurations = histograms(registry, {
    name: 'portico_gateway_fetch_duration_seconds',
    help: "From asking a subgraph to the end of its answer, or of the gateway's patience.",
    labelNames: ['subgraph'],
  })
  const limited = new Counter({
    name: 'portico_gateway_rate_limited_total',
    help: 'Operations that exceeded the limit of a field.',
    labelNames: ['coordinate'],
    registers,
  })
  const nameLabel = createBoundedLabel({ most: operationNames })
  const codeLabel = createBoundedLabel({ most: MOST_CODES })

  const ofOperation = memoized((type) =>
    memoized((operation) => ({
      duration: durations({ operation, type }),
      ended: memoized((outcome) => memoized((status) => requests({ operation, type, outcome, status }))),
    })),
  )
  const ofSubgraph = memoized((subgraph) => ({
    duration: fetchDurations({ subgraph }),
    ended: memoized((outcome) => fetches({ subgraph, outcome })),
  }))

  /** Names are clients' to choose, so that only those of valid operations count, and not too many. */
  function operationOf({ operationName, operationType }: RequestRecord) {
    if (!operationType) return ofOperation('none')('none')
    return ofOperation(operationType)(operationName ? nameLabel(operationName) : 'anonymous')
  }

  return {
    registry,
    requestStarted: () => inFlight.inc(),
    requestEnded(record, end) {
      const { duration, ended } = operationOf(record)
      inFlight.dec()
      ended(outcomeOf(record, end, isFault))(String(end.status)).increment()
      duration.observe(end.durationMs / 1000)
      // Once, however many fields of the answer it is the reason of.
      for (const code of record.errorCodes.keys()) errors.inc({ code: codeLabel(code) })
      for (const { subgraph, outcome, durationMs } of endedCalls(record)) {
        const fetched = ofSubgraph(subgraph)
        fetched.ended(outcome).increment()
        fetched.duration.observe(durationMs / 1000)
      }
    },
    limited: (coordinate) => limited.inc({ coordinate }),
  }
}

const isFault = (code: string) => FAULTS.has(code)

interface Labelled<Label extends string> {
  name: string
  help: string
  labelNames: Label[]
}

function counters<Label extends string>(registry: Registry, metric: Labelled<Label>) {
  return createSeries(new Counter({ ...metric, registers: [registry] }), createCount)
}

function histograms<Label extends string>(registry: Registry, metric: Labelled<Label>) {
  const histogram = new Histogram({ ...metric, registers: [registry] })
  return createSeries(histogram, () => createDurations(metric.name, DURATION_BUCKETS))
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
