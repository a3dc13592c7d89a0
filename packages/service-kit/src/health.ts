import type { Logger } from './logger.ts'
import { startPeriodic } from './periodic.ts'

/** Something that a process needs to do its work, such as its database. */
export interface HealthCheck {
  name: string
  /** Resolves when it works, rejects with the reason when it does not. Stops early when `signal` aborts. */
  check: (signal: AbortSignal) => Promise<void>
}

/** What the samples of a check came to. */
export interface CheckState {
  /** `unknown` until the first sample. */
  state: 'unknown' | 'up' | 'down'
  /** ISO time since when the state holds. */
  since: string
  /** Of the last sample, in milliseconds; null before the first. */
  latencyMs: number | null
  lastError: string | null
}

/** Whether a process can do its work; disposing it ends the sampling. */
export interface Health extends AsyncDisposable {
  /** True when all checks are up and the process is not draining. */
  isReady(): boolean
  /** By the name of the check. */
  states(): Readonly<Record<string, CheckState>>
  /** True after {@link drain}. */
  isDraining(): boolean
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
}

/**
 * Samples the checks on a timer, never per request, so that asking for health costs nothing and can't be used to load
 * what is behind. Resolves after the first sample of each.
 */
export async function startHealth(options: HealthOptions): Promise<Health> {
  const { checks, log, intervalMs = 1000, timeoutMs = 1000, failuresToDown = 3 } = options
  const states = new Map<string, CheckState>()
  let draining = false

  function enter(name: string, next: Omit<CheckState, 'since'>) {
    const previous = states.get(name)
    const changed = previous?.state !== next.state
    states.set(name, { ...next, since: changed || !previous ? new Date().toISOString() : previous.since })
    if (!changed) return
    if (next.state === 'down') log.warn({ check: name, reason: next.lastError }, 'health check failed')
    else if (previous?.state === 'down') log.info({ check: name }, 'health check recovered')
  }

  function createSampler({ name, check }: HealthCheck) {
    let failures = 0
    return async (stopped: AbortSignal) => {
      const started = performance.now()
      const latency = () => Math.round(performance.now() - started)
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        await Promise.race([check(AbortSignal.any([stopped, timeout])), rejectOn(timeout, timeoutMs)])
        failures = 0
        enter(name, { state: 'up', latencyMs: latency(), lastError: null })
      } catch (error) {
        if (stopped.aborted) return
        failures += 1
        const lastError = error instanceof Error ? error.message : String(error)
        const forgiven = states.get(name)?.state === 'up' && failures < failuresToDown
        enter(name, { state: forgiven ? 'up' : 'down', latencyMs: latency(), lastError })
      }
    }
  }

  for (const { name } of checks) enter(name, { state: 'unknown', latencyMs: null, lastError: null })
  const samplers = checks.map((check) => ({ name: `health of ${check.name}`, run: createSampler(check) }))
  await Promise.all(samplers.map(({ run }) => run(new AbortController().signal)))
  const running = new AsyncDisposableStack()
  for (const sampler of samplers) running.use(startPeriodic({ ...sampler, everyMs: intervalMs, log }))

  return {
    isReady: () => !draining && [...states.values()].every(({ state }) => state === 'up'),
    states: () => Object.fromEntries(states),
    isDraining: () => draining,
    drain: () => {
      draining = true
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function rejectOn(timeout: AbortSignal, ms: number): Promise<never> {
  return new Promise((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`no answer within ${ms} ms`)), { once: true })
  })
}
