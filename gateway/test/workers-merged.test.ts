import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { CheckState } from '@portico/service-kit/health'
import { addReadGauge } from '@portico/service-kit/metrics'
import { Counter, Histogram, Registry } from 'prom-client'
import type { HealthReport } from '../src/http/health-report.ts'
import { createPastMetrics, mergeMetrics } from '../src/workers/merged-metrics.ts'
import { mergeReports } from '../src/workers/merged-report.ts'
import { createPause } from '../src/workers/pause.ts'
import { createWindowCounts } from '../src/workers/window-counts.ts'

/** Metrics of a process that answered so many requests. */
async function metricsOf({ requests, ready, lag }: { requests: number; ready: boolean; lag: number }) {
  const registry = new Registry()
  new Counter({ name: 'requests_total', help: 'R.', labelNames: ['status'], registers: [registry] }).inc(
    { status: '200' },
    requests,
  )
  new Histogram({ name: 'seconds', help: 'S.', buckets: [1], registers: [registry] }).observe(requests)
  addReadGauge(registry, { name: 'ready', help: 'R.', aggregator: 'max', read: () => [[{}, ready]] })
  addReadGauge(registry, { name: 'nodejs_eventloop_lag_p99_seconds', help: 'L.', read: () => [[{}, lag]] })
  return registry.getMetricsAsJSON()
}

describe('metrics of several processes', () => {
  it('are one gateway’s: counts add up, and the slowest event loop is told', async () => {
    const merged = await mergeMetrics([
      await metricsOf({ requests: 2, ready: false, lag: 0.5 }),
      await metricsOf({ requests: 3, ready: true, lag: 0.1 }),
    ]).metrics()
    expect(merged).toContain('requests_total{status="200"} 5\n')
    expect(merged).toContain('seconds_bucket{le="+Inf"} 2\nseconds_sum 5\nseconds_count 2\n')
    expect(merged).toContain('\nready 1\n')
    expect(merged).toContain('nodejs_eventloop_lag_p99_seconds 0.5\n')
  })

  it('keep what those have counted that are gone, and forget how they were', async () => {
    const past = createPastMetrics()
    for (const requests of [1, 2, 4]) past.add(await metricsOf({ requests, ready: true, lag: 1 }))
    const now = await metricsOf({ requests: 8, ready: false, lag: 0 })
    const atOnce = await mergeMetrics([...past.values(), now]).metrics()
    await sleep(10)
    expect(past.values()).toHaveLength(1)
    expect(await mergeMetrics([...past.values(), now]).metrics()).toBe(atOnce)
    expect(atOnce).toContain('requests_total{status="200"} 15\n')
    expect(atOnce).toContain('seconds_sum 15\nseconds_count 4\n')
    expect(atOnce).toContain('\nready 0\n')
  })
})

const UP: CheckState = { critical: true, state: 'up', since: '2026-01-01T00:00:00.000Z', latencyMs: 1, lastError: null }
const DOWN: CheckState = { ...UP, state: 'down', lastError: 'refused' }

function reportOf(status: HealthReport['status'], shop: CheckState, schemaHash = 'a'): HealthReport {
  return { status, subgraphs: { shop: { ...shop, host: 'shop:1', schemaHash } }, rateLimitStore: null }
}

describe('health of several processes', () => {
  it('is ready with one that is, tells the worst that one of them sees, and the newest schema', () => {
    const merged = mergeReports([reportOf('unavailable', DOWN), reportOf('ready', UP, 'b')], { isStopping: false })
    expect(merged).toEqual({
      status: 'ready',
      subgraphs: { shop: { ...DOWN, host: 'shop:1', schemaHash: 'b' } },
      rateLimitStore: null,
    })
  })

  it('is unavailable without any, and draining once all are to stop', () => {
    expect(mergeReports([], { isStopping: false })).toEqual({
      status: 'unavailable',
      subgraphs: {},
      rateLimitStore: null,
    })
    expect(mergeReports([reportOf('ready', UP)], { isStopping: true }).status).toBe('draining')
  })
})

describe('counts of rate limits in the primary', () => {
  it('are kept for each key, in windows that begin with their first point', async () => {
    const count = createWindowCounts()
    expect(count({ key: 'a', points: 2, seconds: 1 })).toEqual([2, 1000])
    const [sum, endsInMs] = count({ key: 'a', points: 3, seconds: 1 })
    expect(sum).toBe(5)
    expect(endsInMs).toBeGreaterThan(0)
    expect(endsInMs).toBeLessThanOrEqual(1000)
    expect(count({ key: 'b', points: 1, seconds: 1 })).toEqual([1, 1000])
    await sleep(1100)
    expect(count({ key: 'a', points: 1, seconds: 1 })).toEqual([1, 1000])
  })
})

describe('the pause before another worker is started', () => {
  it('doubles while none lives for a minute, up to half a minute, and is none after one that did', () => {
    const pause = createPause()
    expect(Array.from({ length: 9 }, () => pause.afterLife(1000))).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ])
    expect(pause.afterLife(60_000)).toBe(0)
    expect(pause.afterLife(1000)).toBe(500)
  })
})
