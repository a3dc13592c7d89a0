import { readListSizes, type ListSize } from '@portico/gateway/supergraph/list-sizes'
import { readRateLimits, type RateLimit } from '@portico/gateway/supergraph/rate-limit-directives'
import { readRequirements, type Requirements } from '@portico/gateway/supergraph/requirements'
import { ConfigError } from '@portico/service-kit/config'
import type { ComposedGraph } from './snapshot.ts'

/** What a supergraph demands of who asks, as the gateway reads it. */
export interface Access {
  requirements: Requirements
  limits: ReadonlyMap<string, RateLimit>
  /** With what the limits of fields below lists are multiplied. */
  listSizes: ReadonlyMap<string, ListSize>
}

/** Reads it, or returns what the gateway would refuse to start with. */
export function readAccess({ supergraph }: ComposedGraph): Access | string[] {
  const { schema } = supergraph
  const problems: string[] = []
  const read = <Result>(reading: () => Result): Result | undefined => {
    try {
      return reading()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const requirements = read(() => readRequirements({ schema, apiSchema: supergraph.apiSchema() }))
  const limits = read(() => readRateLimits(schema))
  const listSizes = read(() => readListSizes(schema))
  return requirements && limits && listSizes ? { requirements, limits, listSizes } : problems
}
