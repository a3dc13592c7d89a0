import type { AdminConfig } from '@portico/service-kit/admin-config'
import type { MetricValues } from '@portico/service-kit/metrics'
import type { SupergraphSource } from '../config/supergraph.ts'
import type { HealthReport } from '../http/health-report.ts'

/** What a worker tells the primary of itself when all that is left to do is to listen. */
export interface Prepared {
  /** Of which file the supergraph is, and the fingerprint that it had just before it was loaded. */
  source: SupergraphSource
  fingerprint: string
  /** Undefined: no admin server. */
  admin?: AdminConfig | undefined
}

/** From a worker to the primary. Messages are JSON. */
export type WorkerMessage =
  | { type: 'mistaken'; problems: readonly string[] }
  | { type: 'readiness'; report: HealthReport }
  | ({ type: 'prepared' } & Prepared)
  /** It listens, at an address such as `http://127.0.0.1:4000`, and says how long stopping may take. */
  | { type: 'serving'; origin: string; stopWithinMs: number }
  /** Its readiness was asked for. */
  | { type: 'polled' }
  /** It stops, and nobody told it to. */
  | { type: 'leaving' }
  /** Its last metrics: nothing will be counted any more. */
  | { type: 'ended'; metrics: MetricValues }
  | { type: 'answer'; id: number; value: Examination }
  | { type: 'count'; id: number; point: Point }

/** From the primary to a worker. */
export type PrimaryMessage =
  | { type: 'listen' }
  /** Another worker has taken over: answer what is left, and end. */
  | { type: 'hand over' }
  /** All stop; `polled` says whether the readiness of any was asked for recently. */
  | { type: 'stop'; polled: boolean }
  | { type: 'examine'; id: number }
  /** The answer to `ended`: whatever was sent before the worker closed its port has arrived by then. */
  | { type: 'farewell' }
  | { type: 'answer'; id: number; value: Counted }

/** What can be asked about a worker at any time. */
export interface Examination {
  report: HealthReport
  metrics: MetricValues
}

/** To be counted for all workers, in the window of a key. */
export interface Point {
  key: string
  points: number
  /** How long a window that begins now is. */
  seconds: number
}

/** The sum of a window, and in how many milliseconds it ends. */
export type Counted = [consumed: number, ttlMs: number]
