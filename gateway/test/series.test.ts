import { describe, expect, it } from '@jest/globals'
import { Counter, Histogram, Registry } from 'prom-client'
import { createCount, createDurations, createSeries } from '../src/telemetry/series.ts'

const ENDED = { name: 'ended_total', help: 'E.', labelNames: ['who', 'how'] as const }
const TOOK = { name: 'took_seconds', help: 'T.', labelNames: ['who'] as const, buckets: [0.005, 0.1, 2.5] }

/** Every bucket, both sides of each bound, and above them all. */
const SECONDS = [0, 0.005, 0.0051, 0.1, 0.5, 2.5, 2.6]

describe('series that are counted here', () => {
  it('are told as prom-client tells its own, as text and as data', async () => {
    const own = new Registry()
    const usual = new Registry()
    const ended = createSeries(new Counter({ ...ENDED, registers: [own] }), createCount)
    const took = createSeries(new Histogram({ ...TOOK, registers: [own] }), () =>
      createDurations(TOOK.name, TOOK.buckets),
    )
    const usualEnded = new Counter({ ...ENDED, registers: [usual] })
    const usualTook = new Histogram({ ...TOOK, registers: [usual] })
    expect(await own.metrics()).toBe(await usual.metrics())
    for (const who of ['ann', 'ben "b"']) {
      const series = { ended: ended({ who, how: 'ok' }), took: took({ who }) }
      for (const seconds of SECONDS) {
        series.ended.increment()
        usualEnded.inc({ who, how: 'ok' })
        series.took.observe(seconds)
        usualTook.observe({ who }, seconds)
      }
    }
    expect(await own.metrics()).toBe(await usual.metrics())
    // Which also has a place for exemplars.
    expect(await usual.getMetricsAsJSON()).toMatchObject(await own.getMetricsAsJSON())
  })
})
