/** Whether somebody goes by readiness, such as a balancer, who has to see its end before the port closes. */
export interface ReadinessPolls {
  /** Readiness was asked for just now. */
  note: () => void
  areRecent: () => boolean
}

/** Whoever has not asked for so long does not ask again: balancers ask every few seconds. */
const RECENT_MS = 30_000

/** Remembers when readiness was asked for last. */
export function createReadinessPolls(): ReadinessPolls {
  let last = -Infinity
  return {
    note() {
      last = performance.now()
    },
    areRecent: () => performance.now() - last < RECENT_MS,
  }
}
