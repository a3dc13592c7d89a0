import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.ts'

/** Something to do again and again. */
export interface PeriodicJob {
  /** What log lines call it. */
  name: string
  /** Pause between the end of a run and the start of the next, in milliseconds. */
  everyMs: number
  /** One run. Stops early when `signal` aborts. */
  run: (signal: AbortSignal) => Promise<void>
  log: Logger
}

/**
 * Runs something again and again, the first time after a pause. A run that fails is logged, and the next one comes as
 * usual. Disposing aborts the signal and waits for the run under way.
 */
export function startPeriodic({ name, everyMs, run, log }: PeriodicJob): AsyncDisposable {
  const stop = new AbortController()

  async function loop() {
    for (;;) {
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined)
      if (stop.signal.aborted) return
      try {
        await run(stop.signal)
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err, job: name }, 'periodic job failed')
      }
    }
  }
  const looping = loop()

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await looping
    },
  }
}
