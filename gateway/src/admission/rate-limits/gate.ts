import { ConfigError } from '@portico/service-kit/config'
import type { Viewer } from '@portico/service-kit/viewer'
import { getVariableValues, isObjectType } from 'graphql'
import type { PlanMultiplier, RateLimitsConfig } from '../../config/rate-limits.ts'
import type { LoadedSupergraph } from '../../supergraph/load.ts'
import { createCharges, type Charge } from './charges.ts'
import { sitePath, sitePathOn, type FieldSite } from '../field-sites.ts'
import { NOTHING_REFUSED, type Gate, type Refusal, type Refusals } from '../gate.ts'
import { readListSizes } from '../../supergraph/list-sizes.ts'
import { readRateLimits, type RateLimit } from '../../supergraph/rate-limit-directives.ts'
import { createGuards, type Guard } from './guards.ts'
import { RateLimitStoreError } from './redis.ts'
import { subjectOf } from './subject.ts'
import type { LimiterStore } from './store.ts'

export interface RateLimitsOptions {
  loaded: Pick<LoadedSupergraph, 'supergraph' | 'apiGraphqlSchema'>
  store: LimiterStore
  /** For how many operations it is remembered which limits they meet. */
  cacheSize: number
  /** Told of each occurrence of a field that was over its limit. */
  limited?: (coordinate: string) => void
}

/** The code of an error for a field that is over its limit. */
export const RATE_LIMITED = 'RATE_LIMITED'
/** The code of an error for a sensitive field while nobody can count. */
export const SERVICE_UNAVAILABLE = 'SERVICE_UNAVAILABLE'

/** When to try again while Redis is gone; it is looked for more often. */
const STORE_RETRY_MS = 1000

/**
 * The gate that keeps `@rateLimit`. The occurrences of limited fields are charged one after the other in the order of the
 * operation's text, and refused when their points are more than what is left.
 *
 * @throws ConfigError when a directive can't be understood, or a sensitive field that was configured has no limit.
 */
export function createRateLimits(config: RateLimitsConfig, options: RateLimitsOptions): Gate {
  const { loaded, store, cacheSize, limited } = options
  const { apiGraphqlSchema: schema, supergraph } = loaded
  const limits = readRateLimits(supergraph.schema)
  const listSizes = readListSizes(supergraph.schema)
  const guardOf = chooseGuards(limits, { config, store })
  if (!config.enforced || limits.size === 0) return () => NOTHING_REFUSED
  const charges = createCharges({ schema, listSizes, cacheSize, isLimited: (coordinate) => limits.has(coordinate) })

  return async (operation, { variables, context: { viewer, clientAddress } }) => {
    const coerced = getVariableValues(schema, operation.definition.variableDefinitions ?? [], variables).coerced ?? {}
    const refusals = new Map<string, Refusal>()
    for (const charge of charges(operation, coerced)) {
      const guard = guardOf(charge.coordinate, viewer)
      if (!guard || isBelowRefused(charge, refusals)) continue
      const refusal = await decide(guard, charge.points, subjectOf(guard.limit.scope, viewer, clientAddress))
      if (!refusal) continue
      if (refusal.code === RATE_LIMITED) limited?.(charge.coordinate)
      for (const path of charge.refuses) refusals.set(path, refusal)
    }
    return refusals
  }
}

/** Finds the guard of a field for a viewer; undefined: the viewer's plan has no limit. */
function chooseGuards(
  limits: ReadonlyMap<string, RateLimit>,
  { config, store }: { config: RateLimitsConfig; store: LimiterStore },
): (coordinate: string, viewer: Viewer) => Guard | undefined {
  const { planMultipliers, sensitiveFields } = config
  const sensitive = new Set(sensitiveFields.coordinates)
  const unlimited = [...sensitive].filter((coordinate) => !limits.has(coordinate))
  if (sensitiveFields.explicit && unlimited.length > 0) {
    throw new ConfigError(unlimited.map((field) => `SENSITIVE_FIELDS: ${field} has no @rateLimit in the supergraph`))
  }

  const all = [...limits.values()]
  const scaled = all.filter(({ coordinate, scope }) => scope === 'VIEWER' && !sensitive.has(coordinate))
  const scales = new Set(scaled)
  const fixed = new Map([
    ...createGuards(
      all.filter(({ coordinate }) => sensitive.has(coordinate)),
      store.strict,
    ),
    ...createGuards(
      all.filter((limit) => !scales.has(limit) && !sensitive.has(limit.coordinate)),
      store.lenient,
    ),
  ])
  const multipliers = new Set<PlanMultiplier>([1, ...Object.values(planMultipliers)])
  const byMultiplier = new Map(
    [...multipliers]
      .filter((multiplier) => multiplier !== 'unlimited')
      .map((multiplier) => {
        const limitsOfPlan = scaled.map((limit) => ({ ...limit, limit: scaledLimit(limit.limit, multiplier) }))
        return [multiplier, createGuards(limitsOfPlan, store.lenient)] as const
      }),
  )
  return (coordinate, viewer) => {
    const multiplier = viewer.kind === 'anonymous' ? 1 : planMultipliers[viewer.plan]
    const unscaled = fixed.get(coordinate)
    if (unscaled || multiplier === 'unlimited') return unscaled
    return byMultiplier.get(multiplier)?.get(coordinate)
  }
}

/** Limiters count whole points, so the limit is scaled and never the cost. */
function scaledLimit(limit: number, multiplier: number): number {
  return Math.max(1, Math.floor(limit * multiplier))
}

/** What is below a refused field is not asked for any more, wherever the operation selects it. */
function isBelowRefused({ sites }: Charge, refusals: Refusals): boolean {
  function isRefused(site: FieldSite | undefined): boolean {
    if (!site) return false
    const { parentType } = site
    const path = sitePath(site)
    if (refusals.has(path) || (isObjectType(parentType) && refusals.has(sitePathOn(path, parentType)))) return true
    return isRefused(site.parent)
  }
  return refusals.size > 0 && sites.every(({ parent }) => isRefused(parent))
}

async function decide({ limit, consume }: Guard, points: number, subject: string): Promise<Refusal | undefined> {
  const { coordinate, durationS } = limit
  const allowed = `${limit.limit} ${limit.limit === 1 ? 'point' : 'points'} in ${durationS} s`
  if (points > limit.limit) {
    const message = `${coordinate} would cost ${points} points here, and the limit is ${allowed}: ask for less at once.`
    return { message, code: RATE_LIMITED, extensions: { retryAfterMs: durationS * 1000 } }
  }
  try {
    const retryAfterMs = await consume(subject, points)
    if (retryAfterMs === undefined) return undefined
    const message = `${coordinate} is limited to ${allowed}; try again in ${Math.ceil(retryAfterMs / 1000)} s.`
    return { message, code: RATE_LIMITED, extensions: { retryAfterMs } }
  } catch (error) {
    if (!(error instanceof RateLimitStoreError)) throw error
    const message = `${coordinate} is not served at the moment; try again soon.`
    return { message, code: SERVICE_UNAVAILABLE, extensions: { retryAfterMs: STORE_RETRY_MS } }
  }
}
