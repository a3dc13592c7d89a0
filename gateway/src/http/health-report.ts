import { createHash } from 'node:crypto'
import { describeReadiness, type CheckState, type Health } from '@portico/service-kit/health'
import type { RedisState } from '../admission/rate-limits/redis.ts'
import type { ToldEvents } from '../subgraph/told-events.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'

/** One subgraph as the gateway sees it. */
export interface SubgraphReport extends CheckState {
  /** Host and port of its endpoint. */
  host: string
  /** SHA-256, in hex, of its schema as it is in the supergraph: tells whether gateways agree on it. */
  schemaHash: string
  /** How far its events are, if it tells. */
  events?: ToldEvents
}

/** How the graph is, for its operators alone. */
export interface HealthReport {
  status: 'ready' | 'unavailable' | 'draining'
  subgraphs: Readonly<Record<string, SubgraphReport>>
  /** Where rate limits are counted; null when each gateway counts by itself. */
  rateLimitStore: CheckState | null
  /** The processes that the gateway is made of, when there are several. */
  workers?: WorkersReport
}

/** Worker processes, and how they were replaced the last time. */
export interface WorkersReport {
  processes: readonly {
    id: number
    pid: number
    state: 'starting' | 'prepared' | 'opening' | 'serving' | 'retiring'
    ready: boolean
    /** ISO time. */
    startedAt: string
  }[]
  /** Null before the first. */
  lastRoll: {
    reason: string
    /** When it was refused, the workers that serve were kept. */
    state: 'running' | 'done' | 'refused'
    /** ISO time since when the state holds. */
    since: string
    /** Why a new worker could not take over. */
    problems: readonly string[]
  } | null
}

/** Whose health is reported. */
export interface HealthSources {
  health: Health
  loaded: LoadedSupergraph
  /** Undefined: rate limits are not counted in Redis. */
  redisState?: (() => RedisState | undefined) | undefined
  /** What subgraphs told of their events when a probe succeeded the last time. */
  eventsOf: (subgraph: string) => ToldEvents | undefined
}

/** Returns what reports the health of the graph; reporting probes nothing. */
export function createHealthReport({ health, loaded, redisState, eventsOf }: HealthSources): () => HealthReport {
  const schemas = loaded.supergraph.subgraphs()
  const fixed = new Map(
    [...loaded.subgraphs].map(([name, { host }]) => {
      const schema = schemas.get(name)?.toString() ?? ''
      return [name, { host, schemaHash: createHash('sha256').update(schema).digest('hex') }]
    }),
  )
  return () => {
    const states = health.states()
    const subgraphs: Record<string, SubgraphReport> = {}
    for (const [name, known] of fixed) {
      const state = states[name]
      if (!state) continue
      // While failed probes are forgiven, what it told before them stands.
      const events = state.state === 'down' ? undefined : eventsOf(name)
      subgraphs[name] = { ...state, ...known, ...(events ? { events } : {}) }
    }
    const redis = redisState?.()
    return { status: describeReadiness(health), subgraphs, rateLimitStore: redis ? describeStore(redis) : null }
  }
}

/** Nobody probes the store: what is known of it comes of using it. */
function describeStore({ available, since, reason }: RedisState): CheckState {
  return {
    critical: false,
    state: available ? 'up' : 'down',
    since: since.toISOString(),
    latencyMs: null,
    lastError: reason ?? null,
  }
}
