import type { HealthCheck } from '@portico/service-kit/health'
import { request } from 'undici'

/**
 * Whether a subgraph can serve, by `/health/ready` beside its GraphQL endpoint, which our service kit gives every
 * subgraph. One that has no such route is up when it answers at all.
 */
export function createProbe(name: string, graphqlUrl: URL): HealthCheck {
  const url = new URL('/health/ready', graphqlUrl)
  return {
    name,
    async check(signal) {
      const { statusCode, body } = await request(url, { signal })
      await body.dump()
      if (statusCode >= 500) throw new Error(`answered ${statusCode}`)
    },
  }
}
