/** Whether somebody goes by readiness, such as a balancer, who has to see its end before the port closes. */
export interface ReadinessPolls {
  /** Readiness was asked for just now, and this was answered. */
  note: (isReady: boolean) => void
  areRecent: () => boolean
}

/** Whoever has not asked for so long does not ask again: balancers ask every few seconds. */
const RECENT_MS = 30_000

/** Remembers when readiness was asked for last. Asking until it is there does not count: that is what a start waits for. */
export function createReadinessPolls(): ReadinessPolls {
  let isStarted = false
  let last = -Infinity
  return {
    note(isReady) {
      if (isStarted) last = performance.now()
      else isStarted = isReady
    },
    areRecent: () => performance.now() - last < RECENT_MS,
  }
}
