import { readRateLimits, type RateLimit } from '@portico/gateway/supergraph/rate-limit-directives'
import { readRequirements, type Requirements } from '@portico/gateway/supergraph/requirements'
import { ConfigError } from '@portico/service-kit/config'
import type { ComposedGraph } from './snapshot.ts'

/** What a supergraph demands of who asks, as the gateway reads it. */
export interface Access {
  requirements: Requirements
  limits: ReadonlyMap<string, RateLimit>
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
  return requirements && limits ? { requirements, limits } : problems
}
