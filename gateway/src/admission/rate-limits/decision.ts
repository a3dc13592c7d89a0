import type { Refusal } from '../gate.ts'
import type { Guard } from './guards.ts'
import { RateLimitStoreError } from './redis.ts'

/** The code of an error for a field that is over its limit. */
export const RATE_LIMITED = 'RATE_LIMITED'
/** The code of an error for a sensitive field while nobody can count. */
export const SERVICE_UNAVAILABLE = 'SERVICE_UNAVAILABLE'

/** When to try again while Redis is gone; it is looked for more often. */
const STORE_RETRY_MS = 1000

/**
 * Decides on the occurrences of one field in an operation, from their points in the order of the text, with at most one
 * question to the store: the first are answered as far as they fit into the window, and from the first that does not fit,
 * all others are refused. Charged are those that would fit into an empty window, and nothing for the others. One that is
 * more than the whole limit is refused by itself, and never charged.
 *
 * @returns why an occurrence is refused, in the order of `costs`; undefined: it is answered.
 */
export async function decide(
  { limit, consume }: Guard,
  costs: readonly number[],
  subject: string,
): Promise<(Refusal | undefined)[]> {
  const { coordinate, limit: most, durationS } = limit
  const allowed = `${most} ${most === 1 ? 'point' : 'points'} in ${durationS} s`

  function tooMuch(cost: number): Refusal {
    const message = `${coordinate} costs ${cost} points here, and its limit is ${allowed}: no waiting helps, ask for fewer entries at once.`
    return { message, code: 'LIMIT_EXCEEDED', extensions: { limit: 'rateLimit', maximum: most } }
  }

  const tooLate = (retryAfterMs: number): Refusal => ({
    message: `${coordinate} is limited to ${allowed}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    code: RATE_LIMITED,
    extensions: { retryAfterMs },
  })

  const uncounted: Refusal = {
    message: `${coordinate} is not served at the moment; try again soon.`,
    code: SERVICE_UNAVAILABLE,
    extensions: { retryAfterMs: STORE_RETRY_MS },
  }

  /** Charges points, and tells which occurrences are refused by how many points there are up to their own. */
  async function charge(points: number): Promise<(upTo: number) => Refusal | undefined> {
    try {
      const { points: counted, endsInMs } = await consume(subject, points)
      const left = most - (counted - points)
      return (upTo) => (upTo > left ? tooLate(endsInMs) : undefined)
    } catch (error) {
      if (!(error instanceof RateLimitStoreError)) throw error
      return () => uncounted
    }
  }

  const sums: number[] = []
  for (const cost of costs) sums.push((sums.at(-1) ?? 0) + (cost > most ? 0 : cost))
  const points = Math.max(0, ...sums.filter((upTo) => upTo <= most))
  const refusalAt = points === 0 ? () => undefined : await charge(points)
  return costs.map((cost, index) => (cost > most ? tooMuch(cost) : refusalAt(sums[index] ?? 0)))
}
