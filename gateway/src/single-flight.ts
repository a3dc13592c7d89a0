/** Work that several callers wait for together, as long as it runs. */
export interface SingleFlight<Value> {
  /**
   * Gives what `start` gives, or what it has already been asked for under the same key and is still at: so the key must
   * hold everything that the value depends on. A caller whose signal aborts stops waiting, with the signal's reason. When
   * it is the last one, the signal that the work was given aborts with that reason, and it gets what the work makes of
   * it; the next caller starts anew.
   */
  run(key: string, options: SingleFlightOptions<Value>): Promise<Value>
  /** Forgets what is running, such as when something has changed: who asks from now on starts anew. */
  forget(): void
}

export interface SingleFlightOptions<Value> {
  signal: AbortSignal
  /** When the caller's time is over, by `performance.now()`; one that is much later or earlier does not join. */
  deadline: number
  start: (signal: AbortSignal) => Promise<Value>
}

interface Flight<Value> {
  value: Promise<Value>
  waiting: number
  deadline: number
  work: AbortController
}

/** Who joins may lose, or wait for, as much time. */
const MOST_APART_MS = 500

export function createSingleFlight<Value>(): SingleFlight<Value> {
  const flights = new Map<string, Flight<Value>>()

  function forgetFlight(key: string, flight: Flight<Value>): void {
    if (flights.get(key) === flight) flights.delete(key)
  }

  function findFlight(key: string, { deadline }: SingleFlightOptions<Value>): Flight<Value> | undefined {
    const flight = flights.get(key)
    return flight && Math.abs(flight.deadline - deadline) <= MOST_APART_MS ? flight : undefined
  }

  function launch(key: string, { start, deadline }: SingleFlightOptions<Value>): Flight<Value> {
    const work = new AbortController()
    const flight = { value: start(work.signal), waiting: 0, deadline, work }
    flights.set(key, flight)
    const forget = () => forgetFlight(key, flight)
    flight.value.then(forget, forget)
    return flight
  }

  return {
    async run(key, options) {
      const { signal } = options
      signal.throwIfAborted()
      const flight = findFlight(key, options) ?? launch(key, options)
      flight.waiting += 1
      const { promise: aborted, reject } = Promise.withResolvers<never>()
      function giveUp(): void {
        if (flight.waiting > 1) {
          flight.waiting -= 1
          reject(signal.reason)
        } else {
          forgetFlight(key, flight)
          flight.work.abort(signal.reason)
        }
      }
      signal.addEventListener('abort', giveUp)
      try {
        return await Promise.race([flight.value, aborted])
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
    forget: () => flights.clear(),
  }
}
