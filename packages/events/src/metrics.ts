import { addReadGauge, DURATION_BUCKETS } from '@portico/service-kit/metrics'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { CloudEvent } from './cloud-event.ts'
import type { Reception } from './inbox.ts'
import type { EventsState, Handling, QueueState } from './state.ts'
import type { BrokerQueues } from './transport.ts'

/** The metrics of a subgraph's events. */
export interface EventMetrics {
  /** Notes what came of an event, and when that began, in the time of `performance.now()`. */
  received(event: CloudEvent, outcome: Reception | 'refused', started: number): void
  /** Adds them to a registry. */
  expose(registry: Registry, state: () => EventsState & { handling: Handling; broker?: BrokerQueues }): void
}

/** In seconds: an event that the broker or a subgraph had to come back for is far above the usual durations. */
const LATENCY_BUCKETS = [...DURATION_BUCKETS, 30, 60, 300, 1800]

/** `types` are those that have a handler; what comes of others counts as one. */
export function createEventMetrics(types: readonly string[]): EventMetrics {
  const known = new Set(types)
  const received = new Counter({
    name: 'portico_events_received_total',
    help: 'Events that arrived, by what came of them: handled, repeated, kept after a failure, or refused to be sent again.',
    labelNames: ['type', 'outcome'],
    registers: [],
  })
  const duration = new Histogram({
    name: 'portico_events_handling_duration_seconds',
    help: 'From when handling an event began to its commit.',
    labelNames: ['type'],
    buckets: DURATION_BUCKETS,
    registers: [],
  })
  const latency = new Histogram({
    name: 'portico_events_latency_seconds',
    help: 'From when an event was written to when it had been handled, of those that were handled as they came.',
    labelNames: ['type'],
    buckets: LATENCY_BUCKETS,
    registers: [],
  })
  return {
    received(event, outcome, started) {
      const type = known.has(event.type) ? event.type : 'unknown'
      received.inc({ type, outcome })
      duration.observe({ type }, (performance.now() - started) / 1000)
      // The clocks of two machines differ.
      if (outcome === 'handled') latency.observe({ type }, Math.max(0, Date.now() - Date.parse(event.time)) / 1000)
    },
    expose(registry, state) {
      registry.registerMetric(received)
      registry.registerMetric(duration)
      registry.registerMetric(latency)
      const gauge = (name: string, help: string, read: (queue: QueueState) => number) =>
        addReadGauge(registry, {
          name,
          help,
          labelNames: ['queue'],
          read: () => {
            const { outbox, inbox } = state()
            return Object.entries({ outbox, inbox }).map(([queue, of]) => [{ queue }, read(of)])
          },
        })
      gauge('portico_events_pending', 'Events of the outbox or inbox that are not settled.', ({ pending }) => pending)
      gauge('portico_events_failing', 'Pending events that failed at least once.', ({ failing }) => failing)
      gauge('portico_events_dead', 'Dead letters of the outbox or inbox.', ({ dead }) => dead)
      gauge('portico_events_lag_seconds', 'Age of the oldest pending event.', ({ lagSeconds }) => lagSeconds)
      addReadGauge(registry, {
        name: 'portico_events_broker',
        help: 'Messages in the queue of the subgraph at the broker (waiting) and in that of dead messages (dead).',
        labelNames: ['state'],
        read: () => Object.entries(state().broker ?? {}).map(([name, count]) => [{ state: name }, count]),
      })
      addReadGauge(registry, {
        name: 'portico_events_handling',
        help: 'Events that are being handled (active), wait for their turn (waiting), and most that are handled at once (limit).',
        labelNames: ['state'],
        read: () => Object.entries(state().handling).map(([name, count]) => [{ state: name }, count]),
      })
    },
  }
}
