import {
  Subgraphs,
  subgraphsFromServiceList,
  type Directive,
  type Schema,
  type ServiceDefinition,
} from '@apollo/federation-internals'
import { directiveUses, RATE_LIMIT_FEATURE } from './feature-directive.ts'

/**
 * What composition does with `@rateLimit` without an error: it drops those that are not linked and composed, and chooses
 * one of several that differ. A sentence each.
 */
export function findLostRateLimits(services: ServiceDefinition[], supergraph: Schema): string[] {
  const subgraphs = subgraphsFromServiceList(services)
  // Whoever composed them has said what is wrong with them.
  if (!(subgraphs instanceof Subgraphs)) return []
  const kept = new Map(linkedUses(supergraph).map((use) => [coordinateOf(use), use]))
  return subgraphs.values().flatMap(({ name, schema }) => {
    const uses = new Set([...linkedUses(schema), ...(schema.directive('rateLimit')?.applications() ?? [])])
    return [...uses].flatMap((use) => {
      const coordinate = coordinateOf(use)
      const composed = kept.get(coordinate)
      if (!composed) {
        return `@${use.name} on ${coordinate} of ${name} would be dropped: it needs @link(url: "${RATE_LIMIT_FEATURE}/v1.0", import: ["@rateLimit"]) and @composeDirective(name: "@${use.name}")`
      }
      if (argumentsOf(composed) === argumentsOf(use)) return []
      return `@${use.name} on ${coordinate} of ${name} differs from another subgraph's: make them equal`
    })
  })
}

function linkedUses(schema: Schema): readonly Directive[] {
  return directiveUses(schema, RATE_LIMIT_FEATURE, 'rateLimit')
}

function coordinateOf({ parent }: Directive): string {
  return 'coordinate' in parent ? String(parent.coordinate) : ''
}

function argumentsOf(use: Directive): string {
  return JSON.stringify(Object.entries(use.arguments(true)).toSorted(([a], [b]) => a.localeCompare(b)))
}
