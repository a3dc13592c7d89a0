import type { Logger } from './logger.ts'
import { startPeriodic } from './periodic.ts'
import { createReadinessPolls, type ReadinessPolls } from './readiness-polls.ts'

/** Something that a process needs to do its work, such as its database. */
export interface HealthCheck {
  name: string
  /** Resolves when it works, rejects with the reason when it does not. Stops early when `signal` aborts. */
  check: (signal: AbortSignal) => Promise<void>
  /** The process can do its work without it, in part or more slowly: readiness does not rest on it. */
  optional?: boolean
}

/** What the samples of a check came to. */
export interface CheckState {
  /** Whether readiness rests on it. */
  critical: boolean
  /** `unknown` until the first sample. */
  state: 'unknown' | 'up' | 'down'
  /** ISO time since when the state holds. */
  since: string
  /** Of the last sample, in milliseconds; null before the first. */
  latencyMs: number | null
  lastError: string | null
}

/** Health in the least words. */
export interface Readiness {
  /** True when all critical checks are up and the process is not draining. */
  isReady(): boolean
  /** True once the process is about to stop. */
  isDraining(): boolean
  /** By whoever asks over HTTP. */
  readonly polls: ReadinessPolls
}

/** Whether a process can do its work; disposing it ends the sampling. */
export interface Health extends Readiness, AsyncDisposable {
  /** By the name of the check. */
  states(): Readonly<Record<string, CheckState>>
  /** From now on not ready, so that a balancer sends no more requests; the process goes on serving. */
  drain(): void
}

/** What to sample, and how often. */
export interface HealthOptions {
  checks: readonly HealthCheck[]
  log: Logger
  /** Pause between samples. Default 1,000 ms. */
  intervalMs?: number
  /** A sample that takes longer has failed. Default 1,000 ms. */
  timeoutMs?: number
  /** That many failed samples in a row take a check that was up down. Default 3. */
  failuresToDown?: number
  /** Default those of this process alone. */
  polls?: ReadinessPolls | undefined
}

/**
 * Samples the checks on a timer, never per request, so that asking for health costs nothing and can't be used to load
 * what is behind. Resolves after the first sample of each.
 */
export async function startHealth(options: HealthOptions): Promise<Health> {
  const {
    checks,
    log,
    intervalMs = 1000,
    timeoutMs = 1000,
    failuresToDown = 3,
    polls = createReadinessPolls(),
  } = options
  const states = new Map<string, CheckState>()
  let draining = false

  function enter({ name, optional = false }: HealthCheck, next: Omit<CheckState, 'since' | 'critical'>) {
    const previous = states.get(name)
    const changed = previous?.state !== next.state
    const since = changed || !previous ? new Date().toISOString() : previous.since
    states.set(name, { critical: !optional, ...next, since })
    if (!changed) return
    if (next.state === 'down') log.warn({ check: name, optional, reason: next.lastError }, 'health check failed')
    else if (previous?.state === 'down') log.info({ check: name }, 'health check recovered')
  }

  function createSampler(sampled: HealthCheck) {
    const { name, check } = sampled
    let failures = 0
    return async (stopped: AbortSignal) => {
      const started = performance.now()
      const latency = () => Math.round(performance.now() - started)
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        await Promise.race([check(AbortSignal.any([stopped, timeout])), rejectOn(timeout, timeoutMs)])
        failures = 0
        enter(sampled, { state: 'up', latencyMs: latency(), lastError: null })
      } catch (error) {
        if (stopped.aborted) return
        failures += 1
        const lastError = error instanceof Error ? error.message : String(error)
        const forgiven = states.get(name)?.state === 'up' && failures < failuresToDown
        enter(sampled, { state: forgiven ? 'up' : 'down', latencyMs: latency(), lastError })
      }
    }
  }

  for (const check of checks) enter(check, { state: 'unknown', latencyMs: null, lastError: null })
  const samplers = checks.map((check) => ({ name: `health of ${check.name}`, run: createSampler(check) }))
  await Promise.all(samplers.map(({ run }) => run(new AbortController().signal)))
  const running = new AsyncDisposableStack()
  for (const sampler of samplers) running.use(startPeriodic({ ...sampler, everyMs: intervalMs, log }))

  return {
    isReady: () => !draining && [...states.values()].every(({ state, critical }) => state === 'up' || !critical),
    states: () => Object.fromEntries(states),
    polls,
    isDraining: () => draining,
    drain: () => {
      draining = true
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The details of a process's health, for its operators alone. */
export function describeHealth(health: Health) {
  return { status: describeReadiness(health), checks: health.states() }
}

/** In one word. */
export function describeReadiness(health: Health): 'ready' | 'unavailable' | 'draining' {
  if (health.isDraining()) return 'draining'
  return health.isReady() ? 'ready' : 'unavailable'
}

function rejectOn(timeout: AbortSignal, ms: number): Promise<never> {
  return new Promise((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`no answer within ${ms} ms`)), { once: true })
  })
}
