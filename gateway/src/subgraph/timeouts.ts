/** Something that is waited for. */
export interface Waiting {
  /** By `performance.now()`. */
  readonly timesOutAt: number
  /** Its time is over. */
  timeOut(): void
}

/** Many waits on one timer, which runs only while something is waited for. */
export interface Timeouts extends Disposable {
  add(waiting: Waiting): void
  delete(waiting: Waiting): void
}

/** Looks every `resolutionMs` whose time is over, so that each wait is cut off so much later at worst. */
export function createTimeouts({ resolutionMs }: { resolutionMs: number }): Timeouts {
  const all = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    const now = performance.now()
    for (const waiting of all) {
      if (waiting.timesOutAt > now) continue
      all.delete(waiting)
      waiting.timeOut()
    }
    // Stopped only when there is nothing at the time: starting one for each wait would be what this saves.
    timer = all.size > 0 ? setTimeout(look, resolutionMs) : undefined
  }

  return {
    add(waiting) {
      all.add(waiting)
      timer ??= setTimeout(look, resolutionMs)
    },
    delete: (waiting) => void all.delete(waiting),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
