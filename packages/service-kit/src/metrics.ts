import { collectDefaultMetrics, Gauge, Registry, type LabelValues } from 'prom-client'

/** Upper bounds of the buckets of durations, in seconds: from an answer out of memory to the longest timeout. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

let ofProcess: Registry | undefined

/**
 * Memory, CPU, event loop and garbage collection are the process's, not a server's: measured once, however many servers
 * the process holds.
 */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** Metrics in a text format. */
export interface Exposition {
  contentType: string
  text: () => Promise<string>
}

/** Metrics as data, which can be sent to another process. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** A registry's metrics and those of the process, as data. Starts to measure the process with the first call. */
export async function collectMetrics(registry: Registry): Promise<MetricValues> {
  return [...(await registry.getMetricsAsJSON()), ...(await processMetrics().getMetricsAsJSON())]
}

/** A registry's metrics and those of the process. Starts to measure the process with the first call. */
export function createExposition(registry: Registry): Exposition {
  const ofThisProcess = processMetrics()
  return {
    contentType: registry.contentType,
    text: async () => `${await registry.metrics()}\n${await ofThisProcess.metrics()}`,
  }
}

/** A metric of what is known anyway. */
export interface ReadGauge<Label extends string> {
  name: string
  help: string
  labelNames?: readonly Label[]
  /** What the samples of several processes come to. Default: their sum. */
  aggregator?: 'sum' | 'min' | 'max'
  /** Every sample there is, asked for with each scrape. */
  read: () => readonly (readonly [labels: LabelValues<Label>, value: number | boolean])[]
}

/** Adds a gauge that nobody has to set: it is read when it is asked for. True is 1. */
export function addReadGauge<Label extends string = never>(
  registry: Registry,
  { name, help, labelNames = [], aggregator = 'sum', read }: ReadGauge<Label>,
): void {
  const gauge = new Gauge<Label>({
    name,
    help,
    labelNames: [...labelNames],
    aggregator,
    registers: [],
    collect() {
      this.reset()
      for (const [labels, value] of read()) this.set(labels, Number(value))
    },
  })
  registry.registerMetric(gauge)
}

/** Keeps the number of values of a label bounded, whatever clients send: metrics are never forgotten. */
export function createBoundedLabel({ most, longest = 100 }: { most: number; longest?: number }) {
  const known = new Set<string>()
  /** The value itself while there is room for it, else `other`. */
  return (value: string): string => {
    if (known.has(value)) return value
    if (known.size >= most || value.length > longest) return 'other'
    known.add(value)
    return value
  }
}
