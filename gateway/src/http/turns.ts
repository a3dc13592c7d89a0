import { refuseLateRequest } from '../admission/refuse-late-requests.ts'

/** A way to work on some requests at a time, and not on all that have come. */
export interface Turns {
  /**
   * Does a piece of work when its turn comes, and gives what comes of it.
   *
   * @throws GraphQLError with status 504 or 499 when `signal` aborts before that.
   */
  take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
}

/** A turn of the event loop that took no longer had nothing to do but to look. */
const IDLE_TURN_MS = 0.05

/** Something else may keep every turn longer than that: then one begins each time that so long none has. */
const LONGEST_PAUSE_MS = 10

/**
 * Lets requests begin in the order in which they came, each when there is nothing to do for those that have begun: when
 * the event loop has come round without an answer of a subgraph. So all of the processor's time is used, and no more
 * requests are under way than it takes for that. Were all of them, a busy gateway would do a bit of each in turn: each
 * would be answered late, and what is known of it would be copied by the garbage collector again and again.
 */
export function createTurns({ longestPauseMs = LONGEST_PAUSE_MS } = {}): Turns {
  const waiting = new Set<() => void>()
  let underWay = 0
  let isLooking = false
  let lookedAt = 0
  let begunAt = 0

  function look(): void {
    const now = performance.now()
    if (underWay === 0 || now - lookedAt < IDLE_TURN_MS || now - begunAt > longestPauseMs) beginNext()
    isLooking = false
    if (waiting.size > 0) lookOnNextTurn()
  }

  function beginNext(): void {
    for (const begin of waiting) {
      waiting.delete(begin)
      begin()
      return
    }
  }

  function lookOnNextTurn(): void {
    if (isLooking) return
    isLooking = true
    lookedAt = performance.now()
    setImmediate(look)
  }

  async function ownTurn(signal: AbortSignal): Promise<void> {
    refuseLateRequest(signal)
    const { promise, resolve } = Promise.withResolvers<void>()
    const begin = () => resolve()
    waiting.add(begin)
    signal.addEventListener('abort', begin)
    lookOnNextTurn()
    await promise
    signal.removeEventListener('abort', begin)
    waiting.delete(begin)
    refuseLateRequest(signal)
  }

  return {
    async take(work, signal) {
      if (underWay > 0 || waiting.size > 0) await ownTurn(signal)
      underWay += 1
      begunAt = performance.now()
      try {
        return await work()
      } finally {
        underWay -= 1
      }
    },
  }
}
