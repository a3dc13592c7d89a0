import type { GraphQLFormattedError } from 'graphql'
import { RATE_LIMITED, SERVICE_UNAVAILABLE } from '../admission/rate-limits/decision.ts'

/** An answer, as far as it says whether it is one of limits. */
export interface LimitedAnswer {
  /** JSON text; undefined when nothing was executed. */
  data: string | undefined
  errors: readonly GraphQLFormattedError[]
  isMutation: boolean
}

/**
 * 429 with `Retry-After` (RFC 9110), or 503 when nobody could count, where limits are the reason for every root field to be
 * null: the one exception to 200 for answers of executed operations, since proxies and clients know these. It does not
 * matter whether the gateway limited a field or a subgraph did. A mutation that was executed, and lost its answer to a limit
 * further down, stays 200: who reads 429 may send it again.
 */
export function limitedStatus({ data, errors, isMutation }: LimitedAnswer) {
  if (isMutation && errors.some(({ path = [] }) => path.length > 1)) return undefined
  const waits = errors.map(waitOf).filter((wait) => wait !== undefined)
  if (waits.length === 0 || waits.length < errors.length) return undefined
  const limited = new Set(errors.map(({ path }) => path?.[0]))
  const isAnswered = ([name, value]: [string, unknown]) => value !== null || !limited.has(name)
  if (Object.entries(rootOf(data)).some(isAnswered)) return undefined
  const status = errors.some(({ extensions }) => extensions?.['code'] === RATE_LIMITED) ? 429 : 503
  return { status, retryAfterS: Math.ceil(Math.max(...waits) / 1000) }
}

function rootOf(data = 'null'): object {
  return (JSON.parse(data) as object | null) ?? {}
}

/** How many milliseconds to wait, of an error of a limit; undefined for every other error. */
function waitOf({ extensions = {} }: GraphQLFormattedError): number | undefined {
  const { code, retryAfterMs, subgraph } = extensions
  const isLimit = code === RATE_LIMITED || (code === SERVICE_UNAVAILABLE && subgraph === undefined)
  return isLimit && typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined
}
