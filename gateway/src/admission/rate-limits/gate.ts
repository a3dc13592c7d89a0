import type { Viewer } from '@portico/service-kit/viewer'
import { isObjectType } from 'graphql'
import type { PlanMultiplier, RateLimitsConfig } from '../../config/rate-limits.ts'
import type { LoadedSupergraph } from '../../supergraph/load.ts'
import { createCharges, type Charge } from './charges.ts'
import { sitePath, type FieldSite } from '../field-sites.ts'
import { NOTHING_REFUSED, refusalAt, type Gate, type Refusal, type Refusals } from '../gate.ts'
import { readListSizes } from '../../supergraph/list-sizes.ts'
import { readRateLimits, type RateLimit } from '../../supergraph/rate-limit-directives.ts'
import { decide, RATE_LIMITED } from './decision.ts'
import { createGuards, type Guard } from './guards.ts'
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

/**
 * The gate that keeps `@rateLimit`. The occurrences of one field are decided on together; those of different fields at the
 * same time, except that what is below a limited field waits for that one, since it costs nothing when that is refused.
 *
 * @throws ConfigError when a directive can't be understood.
 */
export function createRateLimits(config: RateLimitsConfig, options: RateLimitsOptions): Gate {
  const { loaded, store, cacheSize, limited } = options
  const { apiGraphqlSchema: schema, supergraph } = loaded
  const limits = readRateLimits(supergraph.schema)
  const listSizes = readListSizes(supergraph.schema)
  if (!config.enforced || limits.size === 0) return () => NOTHING_REFUSED
  const guardOf = chooseGuards(limits, { config, store })
  const chargesOf = createCharges({ schema, listSizes, cacheSize, isLimited: (coordinate) => limits.has(coordinate) })

  return async (operation, { coerced, context: { viewer, clientAddress } }) => {
    const charges = chargesOf(operation, coerced)
    if (charges.length === 0) return NOTHING_REFUSED
    const refusals = new Map<string, Refusal>()

    async function decideOn(coordinate: string, occurrences: readonly Charge[]): Promise<void> {
      const guard = guardOf(coordinate, viewer)
      if (!guard) return
      const costs = occurrences.map(({ points }) => points)
      const decisions = await decide(guard, costs, subjectOf(guard.limit.scope, viewer, clientAddress))
      for (const [index, { refuses }] of occurrences.entries()) {
        const refusal = decisions[index]
        if (refusal?.code === RATE_LIMITED) limited?.(coordinate)
        if (refusal) for (const path of refuses) refusals.set(path, refusal)
      }
    }

    // In the order of the text a level comes after the one above it.
    for (const ofLevel of Map.groupBy(charges, ({ level }) => level).values()) {
      const due = ofLevel.filter((charge) => !isBelowRefused(charge, refusals))
      const byField = [...Map.groupBy(due, ({ coordinate }) => coordinate)]
      await Promise.all(byField.map(([coordinate, occurrences]) => decideOn(coordinate, occurrences)))
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

/** What an argument of the limiters' directive can hold. */
const MOST_LIMIT = 2 ** 31 - 1

/** Limiters count whole points, so the limit is scaled and never the cost. */
function scaledLimit(limit: number, multiplier: number): number {
  return Math.min(MOST_LIMIT, Math.max(1, Math.floor(limit * multiplier)))
}

/** What is below a refused field is not asked for any more, wherever the operation selects it. */
function isBelowRefused({ sites }: Charge, refusals: Refusals): boolean {
  function isRefused(site: FieldSite | undefined): boolean {
    if (!site) return false
    const { parentType } = site
    const path = sitePath(site)
    const isRefusedHere = isObjectType(parentType) ? refusalAt(refusals, path, parentType) : refusals.get(path)
    return isRefusedHere !== undefined || isRefused(site.parent)
  }
  return refusals.size > 0 && sites.every(({ parent }) => isRefused(parent))
}
