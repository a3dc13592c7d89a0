import type { HealthCheck } from '@portico/service-kit/health'
import { request } from 'undici'
import type { HealthConfig } from '../config/health.ts'

/**
 * Whether each subgraph can serve. One that has no health route is up as long as it does not answer with a server error,
 * so that subgraphs that know nothing of us need no configuration.
 */
export function createProbes(
  subgraphs: ReadonlyMap<string, URL>,
  { probes, optionalSubgraphs }: Pick<HealthConfig, 'probes' | 'optionalSubgraphs'>,
): HealthCheck[] {
  return [...subgraphs].map(([name, graphqlUrl]) => {
    const url = new URL(probes.path, graphqlUrl)
    return {
      name,
      optional: optionalSubgraphs.has(name),
      async check(signal) {
        const { statusCode, body } = await request(url, { signal })
        await body.dump()
        if (statusCode >= 500) throw new Error(`answered ${statusCode}`)
      },
    }
  })
}
