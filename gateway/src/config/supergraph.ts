import { commaList, httpUrl, milliseconds, integer } from '@portico/service-kit/config'
import { z } from 'zod'

/** Where the supergraph comes from: composed from a list of subgraphs at start, or a file that is already composed. */
export type SupergraphSource = { kind: 'subgraphs'; file: string } | { kind: 'supergraph'; file: string }

export interface SupergraphConfig {
  source: SupergraphSource
  /** Addresses that replace those of the supergraph, by subgraph name. */
  subgraphUrls: ReadonlyMap<string, URL>
  subgraphTimeoutMs: number
  planCacheSize: number
}

const namedUrls = () =>
  commaList().transform((entries, context) => {
    const urls = new Map<string, URL>()
    for (const entry of entries) {
      const [name = '', address = ''] = entry.split(/=(.*)/s)
      const url = httpUrl().safeParse(address)
      if (!/^\w[\w-]*$/.test(name) || !url.success) {
        context.addIssue(
          'must be a list such as users=http://127.0.0.1:4001/graphql,orders=http://127.0.0.1:4003/graphql',
        )
        return z.NEVER
      }
      urls.set(name, url.data)
    }
    return urls
  })

export const supergraphVariables = z.object({
  SUPERGRAPH_PATH: z
    .string()
    .optional()
    .describe('A composed supergraph SDL file; either this or `SUBGRAPHS_PATH` must be set.'),
  SUBGRAPHS_PATH: z.string().optional().describe('A JSON list of subgraphs (name, url, schema) to compose at start.'),
  SUBGRAPH_URLS: namedUrls()
    .optional()
    .describe('Addresses that replace those of the supergraph, by the names of subgraphs.'),
  SUBGRAPH_TIMEOUT_MS: milliseconds().default(2000).describe('Longest wait for one answer of a subgraph.'),
  PLAN_CACHE_SIZE: integer({ min: 1, max: 1_000_000, unit: 'operations' })
    .default(1000)
    .describe('Most query plans that are kept.'),
})

export function checkSupergraphVariables(
  env: Readonly<Partial<Record<'SUPERGRAPH_PATH' | 'SUBGRAPHS_PATH', unknown>>>,
  context: z.RefinementCtx,
): void {
  if ((env.SUPERGRAPH_PATH === undefined) !== (env.SUBGRAPHS_PATH === undefined)) return
  const message = 'set exactly one of SUPERGRAPH_PATH and SUBGRAPHS_PATH'
  context.addIssue({ code: 'custom', path: [], message, input: env.SUPERGRAPH_PATH })
}

export function toSupergraphConfig(env: z.infer<typeof supergraphVariables>): SupergraphConfig {
  return {
    source:
      env.SUPERGRAPH_PATH === undefined
        ? { kind: 'subgraphs', file: env.SUBGRAPHS_PATH ?? '' }
        : { kind: 'supergraph', file: env.SUPERGRAPH_PATH },
    subgraphUrls: env.SUBGRAPH_URLS ?? new Map(),
    subgraphTimeoutMs: env.SUBGRAPH_TIMEOUT_MS,
    planCacheSize: env.PLAN_CACHE_SIZE,
  }
}
