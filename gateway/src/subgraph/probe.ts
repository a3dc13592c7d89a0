import type { HealthCheck } from '@portico/service-kit/health'
import { Agent, request } from 'undici'
import type { HealthConfig } from '../config/health.ts'

/** What asks subgraphs how they are; disposing it closes the connections. */
export interface Probes extends AsyncDisposable {
  checks: HealthCheck[]
}

const NOT_IMPLEMENTED = 501

/**
 * Whether each subgraph can serve. One that has no health route is up as long as it does not answer with a server error,
 * so that subgraphs that know nothing of us need no configuration; a server that knows no GET at all answers 501
 * (RFC 9110, section 15.6.2). Over connections of their own: a subgraph whose
 * connections all wait for slow answers is not down.
 */
export function createProbes(
  subgraphs: ReadonlyMap<string, URL>,
  { probes, optionalSubgraphs }: Pick<HealthConfig, 'probes' | 'optionalSubgraphs'>,
): Probes {
  const agent = new Agent()
  const checks = [...subgraphs].map(([name, graphqlUrl]): HealthCheck => {
    const url = new URL(probes.path, graphqlUrl)
    return {
      name,
      optional: optionalSubgraphs.has(name),
      async check(signal) {
        const { statusCode, body } = await request(url, { signal, dispatcher: agent })
        await body.dump()
        if (statusCode >= 500 && statusCode !== NOT_IMPLEMENTED) throw new Error(`answered ${statusCode}`)
      },
    }
  })
  return { checks, [Symbol.asyncDispose]: () => agent.destroy() }
}
