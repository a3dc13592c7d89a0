import type { Supergraph } from '@apollo/federation-internals'
import type { GatewayConfig } from '../config.ts'
import { readRateLimits } from './rate-limit-directives.ts'

/** The parts of the configuration that speak of what a supergraph has. */
export type NamingConfig = Pick<GatewayConfig, 'health' | 'rateLimits' | 'supergraph' | 'trust'>

/**
 * Every name in the configuration that the supergraph does not have, a line each.
 *
 * @throws ConfigError when the supergraph has a `@rateLimit` that can't be understood.
 */
export function checkNames({ health, rateLimits, supergraph, trust }: NamingConfig, found: Supergraph): string[] {
  const names = new Set(found.subgraphsMetadata().map(({ name }) => name))
  const unknown = (variable: string, mentioned: Iterable<string>) =>
    [...mentioned]
      .filter((name) => !names.has(name))
      .map((name) => `${variable}: the supergraph has no subgraph ${name}; it has ${[...names].join(', ')}`)
  const limits = readRateLimits(found.schema)
  const { explicit, coordinates } = rateLimits.sensitiveFields
  const unlimited = explicit ? coordinates.filter((coordinate) => !limits.has(coordinate)) : []
  return [
    ...unknown('SUBGRAPH_URLS', supergraph.subgraphUrls.keys()),
    ...unknown('OPTIONAL_SUBGRAPHS', health.optionalSubgraphs),
    ...unknown('PROPAGATE_HEADERS', trust.propagation.bySubgraph.keys()),
    ...unlimited.map((field) => `SENSITIVE_FIELDS: ${field} has no @rateLimit in the supergraph`),
  ]
}
