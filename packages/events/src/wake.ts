/** By which one part of a process tells others that there may be something to do. */
export interface Wake {
  /** Wakes all who wait. */
  ring(): void
  /** How often it rang: to be asked before one looks, and given to `wait` after one found nothing. */
  rung(): number
  /** Resolves once it rang since, or after `ms`. */
  wait(since: number, ms: number): Promise<void>
}

export function createWake(): Wake {
  let count = 0
  let waiting: (() => void)[] = []
  return {
    ring() {
      count += 1
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    rung: () => count,
    wait(since, ms) {
      if (since !== count) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(() => {
          waiting = waiting.filter((other) => other !== wake)
          resolve()
        }, ms)
        waiting.push(wake)
      })
    },
  }
}
