import type { MetricValues } from '@portico/service-kit/metrics'
import { AggregatorRegistry, type Registry } from 'prom-client'

/** Of these the process with the longest delay counts: an average hides it. */
const LAG = /^nodejs_eventloop_lag_(?!min)/

/** Metrics of several processes as those of one, each merged as its `aggregator` says. */
export function mergeMetrics(ofProcesses: readonly MetricValues[]): Registry {
  const honest = ofProcesses.map((metrics) =>
    metrics.map((metric) => (LAG.test(metric.name) ? { ...metric, aggregator: 'max' } : metric)),
  )
  return AggregatorRegistry.aggregate(honest)
}

/** What processes have counted that are gone: without it, sums would fall, which Prometheus takes for a restart. */
export interface PastMetrics {
  add: (metrics: MetricValues) => void
  values: () => readonly MetricValues[]
}

const COUNTED: ReadonlySet<string> = new Set(['counter', 'histogram'])

/** Starts with nothing. */
export function createPastMetrics(): PastMetrics {
  let past: readonly MetricValues[] = []

  async function sum(): Promise<void> {
    const summed = past
    const values = await mergeMetrics(summed).getMetricsAsJSON()
    // One that was added meanwhile sums up by itself.
    if (past === summed) past = [values]
  }

  return {
    add(metrics) {
      past = [...past, metrics.filter(({ type }) => COUNTED.has(String(type)))]
      void sum()
    },
    values: () => past,
  }
}
