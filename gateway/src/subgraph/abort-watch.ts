import type { Waiter } from './flight.ts'

const watches = new WeakMap<AbortSignal, Set<Waiter>>()

/**
 * Who waits for something until a signal aborts; all that are in this set then are told. However many come and go, the
 * signal has one listener as long as it lives: that of a request hears of all of its fetches.
 */
export function waitersOf(signal: AbortSignal): Set<Waiter> {
  const known = watches.get(signal)
  if (known) return known
  const waiters = new Set<Waiter>()
  watches.set(signal, waiters)
  const abortAll = () => {
    for (const waiter of waiters) waiter.abort(signal)
  }
  signal.addEventListener('abort', abortAll, { once: true })
  return waiters
}
