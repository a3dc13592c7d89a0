import { FieldDefinition, ObjectType, type Directive, type Schema } from '@apollo/federation-internals'
import { ConfigError } from '@portico/service-kit/config'
import { z } from 'zod'
import { directiveUses, findFeature, RATE_LIMIT_FEATURE } from './feature-directive.ts'

/** At most `limit` points of a field in `durationS` seconds, for each viewer or each client address. */
export interface RateLimit {
  /** The field, such as `Query.products`. */
  coordinate: string
  limit: number
  durationS: number
  scope: 'VIEWER' | 'ADDRESS'
}

/** Timers of Node can't be set for longer than 24.8 days, and the counts in memory end by one. */
const LONGEST_S = 24 * 24 * 3600

const directiveArguments = z.object({
  limit: z.int('limit must be a whole number').min(1, 'limit must be at least 1'),
  duration: z
    .int('duration must be a whole number of seconds')
    .min(1, 'duration must be at least 1 second')
    .max(LONGEST_S, `duration must be at most ${LONGEST_S} seconds`),
  scope: z.enum(['VIEWER', 'ADDRESS'], 'scope must be VIEWER or ADDRESS').default('VIEWER'),
})

/**
 * The rate limits of a supergraph, by coordinate. A directive on an object type is one limit for each of its fields that
 * has none of its own.
 *
 * @throws ConfigError with every `@rateLimit` that can't be understood, since a limit that is not kept is none.
 */
export function readRateLimits(schema: Schema): ReadonlyMap<string, RateLimit> {
  const feature = findFeature(schema, RATE_LIMIT_FEATURE)
  if (feature && feature.url.version.major !== 1) {
    throw new ConfigError([`the supergraph: ${feature.url.toString()} is not known to this gateway; it knows v1`])
  }
  const problems: string[] = []
  const limits = new Map<string, RateLimit>()
  // Those of objects first, so that those of fields replace them.
  const uses = directiveUses(schema, RATE_LIMIT_FEATURE, 'rateLimit').toSorted((a, b) => rank(a) - rank(b))
  for (const use of uses) {
    const { parent } = use
    const fields = parent instanceof ObjectType ? parent.fields() : parent instanceof FieldDefinition ? [parent] : []
    const parsed = directiveArguments.safeParse(use.arguments(true))
    for (const { coordinate } of fields) {
      if (!parsed.success) continue
      const { limit, duration, scope } = parsed.data
      limits.set(coordinate, { coordinate, limit, durationS: duration, scope })
    }
    const where = 'coordinate' in parent ? String(parent.coordinate) : 'the supergraph'
    const issues = parsed.error?.issues.map(({ message }) => message) ?? []
    if (fields.length === 0) issues.push('belongs on an object type or a field')
    problems.push(...issues.map((issue) => `the supergraph: @${use.name} on ${where}: ${issue}`))
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return limits
}

function rank({ parent }: Directive): number {
  return parent instanceof FieldDefinition ? 1 : 0
}
