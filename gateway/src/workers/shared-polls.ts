import { createReadinessPolls, type ReadinessPolls } from '@portico/service-kit/readiness-polls'

/** Those of a worker, who shares its port with others, of which any may be the one that is asked. */
export interface SharedPolls extends ReadinessPolls {
  /** What the primary knows of all workers when they are to stop. */
  learn: (areRecent: boolean) => void
}

/** The primary is told once in so long that there are some, however many there are. */
const TELL_EVERY_MS = 1000

/** Notes polls for all workers: `tell` is called for those that the primary has to know of. */
export function createSharedPolls(tell: () => void): SharedPolls {
  const own = createReadinessPolls()
  let toldAt = -Infinity
  let areRecentElsewhere = false
  return {
    note(isReady) {
      // The first says only that the start was waited for, if it is the first of all workers.
      const isKnown = own.areRecent() && performance.now() - toldAt < TELL_EVERY_MS
      own.note(isReady)
      if (isKnown || !isReady) return
      toldAt = performance.now()
      tell()
    },
    areRecent: () => areRecentElsewhere || own.areRecent(),
    learn(areRecent) {
      areRecentElsewhere = areRecent
    },
  }
}
