import {
  commaList,
  evenWithMistakes,
  flag,
  httpUrl,
  integer,
  logLevel,
  milliseconds,
  parseEnvironment,
  port,
  urlPath,
  type Environment,
} from '@portico/service-kit/config'
import { z } from 'zod'

/** Where the supergraph comes from: composed from a list of subgraphs at start, or a file that is already composed. */
export type SupergraphSource = { kind: 'subgraphs'; file: string } | { kind: 'supergraph'; file: string }

/** Whose access tokens are believed. */
export interface TokenTrust {
  jwksUrl: URL
  issuer: string
  audience: string
}

export interface GatewayConfig {
  host: string
  port: number
  graphqlPath: string
  healthPaths: { live: string; ready: string }
  logLevel: string
  production: boolean
  supergraph: SupergraphSource
  /** Addresses that replace those of the supergraph, by subgraph name. */
  subgraphUrls: ReadonlyMap<string, URL>
  /** The subgraphs enforce `@authenticated` and `@requiresScopes` themselves. */
  subgraphsAuthorize: boolean
  subgraphTimeoutMs: number
  requestTimeoutMs: number
  /** Undefined: everyone is anonymous. */
  tokens: TokenTrust | undefined
  /** Root fields that a client may call whatever its bearer token is worth. */
  tokenlessFields: ReadonlySet<string>
  /** Private JWK that signs the identity envelope; undefined: none is sent. */
  identityKeyFile: string | undefined
  planCacheSize: number
  drainDelayMs: number
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

const variables = z
  .object({
    NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
    HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
    PORT: port().default(4000).describe('Port to listen on; 0 takes a free one.'),
    GRAPHQL_PATH: urlPath().default('/graphql').describe('Path of the GraphQL endpoint.'),
    HEALTH_LIVE_PATH: urlPath().default('/health/live').describe('Path that answers 200 while the process lives.'),
    HEALTH_READY_PATH: urlPath().default('/health/ready').describe('Path that answers 200 while the graph can serve.'),
    LOG_LEVEL: logLevel().default('info').describe('Least level that is logged.'),
    SUPERGRAPH_PATH: z.string().optional().describe('A composed supergraph SDL file.'),
    SUBGRAPHS_PATH: z.string().optional().describe('A JSON list of subgraphs (name, url, schema) to compose at start.'),
    SUBGRAPH_URLS: namedUrls().optional().describe('Addresses that replace those of the supergraph: name=url,…'),
    SUBGRAPHS_AUTHORIZE: flag()
      .default(false)
      .describe('All subgraphs enforce @authenticated and @requiresScopes themselves, as those of the service kit do.'),
    SUBGRAPH_TIMEOUT_MS: milliseconds().default(2000).describe('Longest wait for one answer of a subgraph.'),
    REQUEST_TIMEOUT_MS: milliseconds().default(10_000).describe('Longest run of one request.'),
    JWKS_URL: httpUrl().optional().describe('Public keys of access tokens; unset: everyone is anonymous.'),
    TOKEN_ISSUER: z.string().default('https://portico.local/users').describe('Expected `iss` of access tokens.'),
    TOKEN_AUDIENCE: z.string().default('portico').describe('Expected `aud` of access tokens.'),
    TOKENLESS_FIELDS: commaList()
      .default(['Mutation.signIn', 'Mutation.register', 'Mutation.refreshSession', 'Mutation.signOut'])
      .describe('Root fields that may be called with an invalid or expired bearer token.'),
    IDENTITY_KEY_FILE: z.string().optional().describe('Private Ed25519 JWK that signs the identity envelope.'),
    PLAN_CACHE_SIZE: integer({ min: 1, max: 1_000_000, unit: 'operations' }).default(1000),
    DRAIN_DELAY_MS: integer({ min: 0, max: 60_000, unit: 'milliseconds' })
      .default(5000)
      .describe('Pause between not ready and closing, on stop.'),
  })
  .superRefine((env, context) => {
    if ((env.SUPERGRAPH_PATH === undefined) === (env.SUBGRAPHS_PATH === undefined)) {
      const message = 'set exactly one of SUPERGRAPH_PATH and SUBGRAPHS_PATH'
      context.addIssue({ code: 'custom', path: [], message, input: env.SUPERGRAPH_PATH })
    }
    if (new Set([env.GRAPHQL_PATH, env.HEALTH_LIVE_PATH, env.HEALTH_READY_PATH]).size < 3) {
      const message = 'must differ from HEALTH_LIVE_PATH and HEALTH_READY_PATH, and these from each other'
      context.addIssue({ code: 'custom', path: ['GRAPHQL_PATH'], message, input: env.GRAPHQL_PATH })
    }
  }, evenWithMistakes)
  .transform((env): GatewayConfig => ({
    host: env.HOST,
    port: env.PORT,
    graphqlPath: env.GRAPHQL_PATH,
    healthPaths: { live: env.HEALTH_LIVE_PATH, ready: env.HEALTH_READY_PATH },
    logLevel: env.LOG_LEVEL,
    production: env.NODE_ENV === 'production',
    supergraph:
      env.SUPERGRAPH_PATH === undefined
        ? { kind: 'subgraphs', file: env.SUBGRAPHS_PATH ?? '' }
        : { kind: 'supergraph', file: env.SUPERGRAPH_PATH },
    subgraphUrls: env.SUBGRAPH_URLS ?? new Map(),
    subgraphsAuthorize: env.SUBGRAPHS_AUTHORIZE,
    subgraphTimeoutMs: env.SUBGRAPH_TIMEOUT_MS,
    requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
    tokens: env.JWKS_URL && { jwksUrl: env.JWKS_URL, issuer: env.TOKEN_ISSUER, audience: env.TOKEN_AUDIENCE },
    tokenlessFields: new Set(env.TOKENLESS_FIELDS),
    identityKeyFile: env.IDENTITY_KEY_FILE,
    planCacheSize: env.PLAN_CACHE_SIZE,
    drainDelayMs: env.DRAIN_DELAY_MS,
  }))

export function loadConfig(env: Environment): GatewayConfig {
  return parseEnvironment(variables, env)
}
