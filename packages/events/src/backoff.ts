/** When an event that failed is tried again. */
export interface Backoff {
  /** Pause after the first failure, in milliseconds; each further one doubles it. */
  firstMs: number
  /** Longest pause, in milliseconds. */
  mostMs: number
}

/** The pause after that many failures, in milliseconds: from half of its length to all of it, at random. */
export function pauseAfter(failures: number, { firstMs, mostMs }: Backoff, random = Math.random): number {
  const longest = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(longest * (0.5 + random() / 2))
}
