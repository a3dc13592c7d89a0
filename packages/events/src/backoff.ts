/** When an event that failed is tried again, and when no more. */
export interface Backoff {
  /** Pause after the first failure, in milliseconds; each further one doubles it. Default 100. */
  firstMs: number
  /** Longest pause, in milliseconds. Default 60,000. */
  mostMs: number
  /** After that many failures of its handler an event is a dead letter. Default 50: about 40 minutes. */
  attempts: number
}

export const BACKOFF: Backoff = { firstMs: 100, mostMs: 60_000, attempts: 50 }

/** The pause after that many failures, in milliseconds: from half of its length to all of it, at random. */
export function pauseAfter(failures: number, { firstMs, mostMs }: Backoff, random = Math.random): number {
  const longest = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(longest * (0.5 + random() / 2))
}
