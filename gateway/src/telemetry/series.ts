import type { Counter, Histogram } from 'prom-client'

/** A sample as prom-client tells it. */
interface Sample {
  /** Undefined: that of the metric. */
  metricName?: string
  labels: Readonly<Record<string, string | number>>
  value: number
}

/** What is counted under the same labels. */
interface Series {
  samples: () => Sample[]
}

/**
 * Makes series of a metric with labels, which prom-client tells of when it is asked. It would find them by a text of their
 * labels that it makes for every sample, and buckets by a text of their bound: here whoever counts keeps the series.
 */
export function createSeries<Label extends string, Kind extends Series>(
  metric: Counter<Label> | Histogram<Label>,
  create: () => Kind,
): (labels: Readonly<Record<Label, string>>) => Kind {
  const all: { labels: Readonly<Record<Label, string>>; series: Kind }[] = []
  const empty = metric.get()

  async function get() {
    const values = all.flatMap(({ labels, series }) =>
      series.samples().map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })),
    )
    return { ...(await empty), values }
  }

  // The second is asked for when metrics are told as text.
  Object.assign(metric, { get, getForPromString: get })
  return (labels) => {
    const series = create()
    all.push({ labels, series })
    return series
  }
}

/** How often something happened. */
export function createCount() {
  let count = 0
  return {
    increment() {
      count += 1
    },
    samples: (): Sample[] => [{ labels: {}, value: count }],
  }
}

/** How long something took, in buckets of whose upper bounds each counts all that took no longer. */
export function createDurations(name: string, bounds: readonly number[]) {
  const counts = bounds.map(() => 0)
  let count = 0
  let sum = 0
  return {
    observe(seconds: number) {
      count += 1
      sum += seconds
      for (const [at, bound] of bounds.entries()) if (seconds <= bound) counts[at] = (counts[at] ?? 0) + 1
    },
    samples: (): Sample[] => [
      ...bounds.map((le, at) => ({ metricName: `${name}_bucket`, labels: { le }, value: counts[at] ?? 0 })),
      { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    ],
  }
}
