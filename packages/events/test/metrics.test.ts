import { describe, expect, it } from '@jest/globals'
import { Registry } from 'prom-client'
import { createEventMetrics } from '../src/metrics.ts'
import { confirmed } from './sample-events.ts'

const idle = { pending: 0, failing: 0, dead: 0, lagSeconds: 0 }
const state = {
  outbox: idle,
  inbox: idle,
  readAt: '2026-01-02T03:04:05.678Z',
  handling: { active: 0, waiting: 0, limit: 6 },
}

describe('the metrics of events', () => {
  it('measure how long events took from when they were written, of those that were handled', async () => {
    const ago = (ms: number) => confirmed({ time: new Date(Date.now() - ms).toISOString() })
    const { type } = confirmed()
    const metrics = createEventMetrics([type])
    const registry = new Registry()
    metrics.expose(registry, () => state)
    metrics.received(ago(100_000), 'handled', performance.now())
    // By the clock of who handles it, it is not written yet.
    metrics.received(ago(-100_000), 'handled', performance.now())
    for (const outcome of ['repeated', 'kept', 'refused'] as const) {
      metrics.received(ago(100_000), outcome, performance.now())
    }
    const text = await registry.metrics()
    const upTo = (seconds: string) => `portico_events_latency_seconds_bucket{le="${seconds}",type="${type}"}`
    expect(text).toContain(`${upTo('0.005')} 1\n`)
    expect(text).toContain(`${upTo('60')} 1\n`)
    expect(text).toContain(`${upTo('300')} 2\n`)
    expect(text).toContain(`portico_events_latency_seconds_count{type="${type}"} 2\n`)
  })

  it('have what a broker holds while it tells, and nothing of it otherwise', async () => {
    let broker: { waiting: number; dead: number } | undefined = { waiting: 3, dead: 1 }
    const registry = new Registry()
    createEventMetrics([]).expose(registry, () => ({ ...state, ...(broker && { broker }) }))
    const text = await registry.metrics()
    expect(text).toContain('portico_events_broker{state="waiting"} 3\n')
    expect(text).toContain('portico_events_broker{state="dead"} 1\n')
    broker = undefined
    expect(await registry.metrics()).not.toContain('portico_events_broker{')
  })
})
