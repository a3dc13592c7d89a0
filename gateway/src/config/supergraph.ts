import { commaList, filePath, flag, httpUrl, integer, milliseconds, oneOf } from '@portico/service-kit/config'
import { z } from 'zod'

/** Where the supergraph comes from: composed from a list of subgraphs at start, or a file that is already composed. */
export type SupergraphSource = { kind: 'subgraphs'; file: string } | { kind: 'supergraph'; file: string }

export interface SupergraphConfig {
  source: SupergraphSource
  /** Addresses that replace those of the supergraph, by subgraph name. */
  subgraphUrls: ReadonlyMap<string, URL>
  /** To each subgraph. */
  connections: SubgraphConnections
  sharing: FetchSharing
  planCacheSize: number
}

export interface SubgraphConnections {
  /** Longest wait for one answer: connecting, sending and reading have to fit in. */
  timeoutMs: number
  /** Most that are open at once; further requests wait for one. */
  connections: number
  /** Most requests that wait for a connection; further ones fail at once. */
  queue: number
  /** Largest answer. */
  answerLimitBytes: number
  /** Whether answers are asked for in compressed form. */
  compression: boolean
  /** See `BodyReaderOptions`; there is no variable for it. */
  parsedBytes?: number
}

/** What is done once for several who want the same at the same time. Never a mutation. */
export interface FetchSharing {
  /** Identical fetches: within one request, or across all requests of the same identity and headers. */
  fetches: 'request' | 'all'
  /** Whole identical queries of the same viewer. */
  queries: boolean
}

const namedUrls = () =>
  commaList()
    .transform((entries, context) => {
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
    .meta({
      mustBe: '`name=http://host:4000/graphql,…`',
      inFile: { type: 'object', additionalProperties: { type: 'string' } },
    })

const USUAL_TIMEOUT_MS = 2000

export const supergraphVariables = z.object({
  SUPERGRAPH_PATH: filePath()
    .optional()
    .describe('A composed supergraph SDL file; either this or `SUBGRAPHS_PATH` must be set.'),
  SUBGRAPHS_PATH: filePath()
    .optional()
    .describe(
      'A JSON list of subgraphs to compose at start, each with `name`, `url`, and its SDL or SDL file as `schema`.',
    ),
  SUBGRAPH_URLS: namedUrls()
    .optional()
    .describe('Addresses that replace those of the supergraph, by the names of subgraphs.'),
  SUBGRAPH_TIMEOUT_MS: milliseconds()
    .default(USUAL_TIMEOUT_MS)
    .describe('Longest wait for one answer of a subgraph; REQUEST_TIMEOUT_MS ends it as well.'),
  SUBGRAPH_CONNECTIONS: integer({ min: 1, max: 10_000, unit: 'connections' })
    .default(64)
    .describe('Most connections to one subgraph that are open at once; further requests wait for one.'),
  SUBGRAPH_QUEUE: integer({ min: 0, max: 1_000_000, unit: 'requests' })
    .default(1024)
    .describe('Most requests to one subgraph that wait for a connection; further ones fail at once.'),
  SUBGRAPH_COMPRESSION: flag()
    .default(false)
    .describe('Ask subgraphs for compressed answers, which saves network and costs CPU.'),
  SUBGRAPH_ANSWER_LIMIT_BYTES: integer({ min: 1024, max: 1_073_741_824, unit: 'bytes' })
    .default(16 * 1024 * 1024)
    .describe('Largest answer of a subgraph, in bytes; a larger one is none.'),
  SHARE_FETCHES: oneOf(['request', 'all'])
    .default('request')
    .describe(
      'Identical queries to a subgraph that are in flight are asked once: within each `request`, or across `all` of the same viewer and headers, where an answer may be older than a mutation whose end its client has seen.',
    ),
  SHARE_QUERIES: flag()
    .default(false)
    .describe('Identical queries of one viewer that are in flight are executed once.'),
  PLAN_CACHE_SIZE: integer({ min: 1, max: 1_000_000, unit: 'operations' })
    .default(1000)
    .describe(
      'Most operations of which is kept what was worked out for them: query plans, and what authorization and rate limits make of them.',
    ),
})

export function checkSupergraphVariables(
  env: Readonly<Partial<Record<'SUPERGRAPH_PATH' | 'SUBGRAPHS_PATH', unknown>>>,
  context: z.RefinementCtx,
): void {
  if ((env.SUPERGRAPH_PATH === undefined) !== (env.SUBGRAPHS_PATH === undefined)) return
  const message = 'set exactly one of SUPERGRAPH_PATH (--supergraph) and SUBGRAPHS_PATH (--subgraphs)'
  context.addIssue({ code: 'custom', path: [], message, input: env.SUPERGRAPH_PATH })
}

export function toSupergraphConfig(env: z.infer<typeof supergraphVariables>): SupergraphConfig {
  return {
    source:
      env.SUPERGRAPH_PATH === undefined
        ? { kind: 'subgraphs', file: env.SUBGRAPHS_PATH ?? '' }
        : { kind: 'supergraph', file: env.SUPERGRAPH_PATH },
    subgraphUrls: env.SUBGRAPH_URLS ?? new Map(),
    connections: {
      timeoutMs: env.SUBGRAPH_TIMEOUT_MS,
      connections: env.SUBGRAPH_CONNECTIONS,
      queue: env.SUBGRAPH_QUEUE,
      answerLimitBytes: env.SUBGRAPH_ANSWER_LIMIT_BYTES,
      compression: env.SUBGRAPH_COMPRESSION,
    },
    sharing: { fetches: env.SHARE_FETCHES, queries: env.SHARE_QUERIES },
    planCacheSize: env.PLAN_CACHE_SIZE,
  }
}

/** A wait that the whole request cuts short is no mistake by itself, but hardly what was meant. */
export function supergraphWarnings(env: { SUBGRAPH_TIMEOUT_MS: number; REQUEST_TIMEOUT_MS: number }): string[] {
  const { SUBGRAPH_TIMEOUT_MS: timeoutMs, REQUEST_TIMEOUT_MS: requestTimeoutMs } = env
  if (timeoutMs <= requestTimeoutMs || timeoutMs === USUAL_TIMEOUT_MS) return []
  return [`SUBGRAPH_TIMEOUT_MS=${timeoutMs}: no subgraph is waited for so long, since REQUEST_TIMEOUT_MS is shorter`]
}
