import type { HealthCheck } from '@portico/service-kit/health'
import { request } from 'undici'

/**
 * Whether a subgraph can serve, by `/health/ready` at its origin, which our service kit gives every subgraph. One that
 * has no such route is up as long as it does not answer with a server error.
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
