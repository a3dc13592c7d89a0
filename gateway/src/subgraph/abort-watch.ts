import type { Waiter } from './flight.ts'

/** Where a signal has those who wait until it aborts: a WeakMap of those of all requests is work for the collector. */
const WAITERS = Symbol('those who wait until it aborts')

interface WatchedSignal extends AbortSignal {
  [WAITERS]?: Set<Waiter>
}

/**
 * Who waits for something until a signal aborts; all that are in this set then are told. However many come and go, the
 * signal has one listener as long as it lives: that of a request hears of all of its fetches.
 */
export function waitersOf(signal: WatchedSignal): Set<Waiter> {
  const known = signal[WAITERS]
  if (known) return known
  const waiters = new Set<Waiter>()
  signal[WAITERS] = waiters
  const abortAll = () => {
    for (const waiter of waiters) waiter.abort(signal)
  }
  signal.addEventListener('abort', abortAll, { once: true })
  return waiters
}
