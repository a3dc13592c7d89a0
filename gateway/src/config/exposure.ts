import { commaList, flag } from '@portico/service-kit/config'
import { z } from 'zod'

/**
 * What the gateway shows, and to whom. The defaults of these switches are all that `NODE_ENV` decides: nothing else of
 * the gateway looks at it.
 */
export interface ExposureConfig {
  /** Clients may ask for the schema. */
  introspection: boolean
  /** Apollo Sandbox at the GraphQL path, and its preflights to a private network. */
  sandbox: boolean
  /** GraphiQL, served by the gateway itself. */
  explorer: boolean
  /** Errors tell what broke in a subgraph, and suggest names of the schema. Stacks are never told. */
  errorDetails: boolean
  /** Requests that a browser sends without asking first are refused. */
  csrfPrevention: boolean
  /** Origins whose pages may read answers: exact, or `http://host:*` for every port, or `*` alone for everyone. */
  corsOrigins: readonly string[]
}

/** Where Apollo Sandbox runs when it is not embedded. */
export const SANDBOX_ORIGIN = 'https://studio.apollographql.com'

const DEVELOPMENT_ORIGINS = [SANDBOX_ORIGIN, 'http://localhost:*', 'http://127.0.0.1:*']

const switchOf = (meaning: string) =>
  flag().optional().describe(`${meaning} Default: \`true\` in development, \`false\` in production.`)

const origins = () =>
  commaList()
    .transform((entries, context) => {
      if (entries.length === 1 && entries[0] === 'none') return []
      if (entries.length === 1 && entries[0] === '*') return entries
      if (entries.every(isOrigin)) return entries
      context.addIssue(
        'must be a list of origins such as https://shop.example,http://localhost:* with no path behind them, or * or none alone',
      )
      return z.NEVER
    })
    .meta({ mustBe: '`https://shop.example,http://localhost:*`, or `*` or `none` alone' })

export const exposureVariables = z.object({
  INTROSPECTION: switchOf('Clients may ask for the schema.'),
  SANDBOX: switchOf('Apollo Sandbox at GRAPHQL_PATH for browsers.'),
  EXPLORER: switchOf('GraphiQL, which needs no network.'),
  ERROR_DETAILS: switchOf('Errors tell what broke in a subgraph, and suggest names of the schema.'),
  CSRF_PREVENTION: flag().default(true).describe('Refuse requests that a browser sends for any page without asking.'),
  CORS_ORIGINS: origins()
    .optional()
    .describe(
      `Origins whose pages may read answers; \`http://host:*\` is every port, \`*\` everyone, \`none\` nobody. Default: \`${DEVELOPMENT_ORIGINS.join()}\` in development, none in production.`,
    ),
})

type ExposureVariables = z.infer<typeof exposureVariables>

export function toExposureConfig(env: ExposureVariables & { NODE_ENV: string }): ExposureConfig {
  const shown = env.NODE_ENV !== 'production'
  return {
    introspection: env.INTROSPECTION ?? shown,
    sandbox: env.SANDBOX ?? shown,
    explorer: env.EXPLORER ?? shown,
    errorDetails: env.ERROR_DETAILS ?? shown,
    csrfPrevention: env.CSRF_PREVENTION,
    corsOrigins: env.CORS_ORIGINS ?? (shown ? DEVELOPMENT_ORIGINS : []),
  }
}

/** What a production start should be told about the switches that it was started with, one sentence each. */
export function exposureWarnings(env: ExposureVariables & { NODE_ENV: string }): string[] {
  if (env.NODE_ENV !== 'production') return []
  const warnings: [unusual: boolean | undefined, warning: string][] = [
    [env.INTROSPECTION, 'INTROSPECTION=true: everyone can read the whole schema'],
    [env.SANDBOX, 'SANDBOX=true: Apollo Sandbox is served, and may ask from the public network'],
    [env.EXPLORER, 'EXPLORER=true: GraphiQL is served to everyone'],
    [env.ERROR_DETAILS, 'ERROR_DETAILS=true: errors may tell addresses and names from inside'],
    [!env.CSRF_PREVENTION, 'CSRF_PREVENTION=false: any page can make browsers send queries here'],
    [env.CORS_ORIGINS?.includes('*'), 'CORS_ORIGINS=*: pages of every origin can read answers'],
  ]
  return warnings.filter(([unusual]) => unusual === true).map(([, warning]) => warning)
}

function isOrigin(entry: string): boolean {
  const origin = entry.replace(/:\*$/, '')
  return /^https?:\/\/[^*]+$/.test(origin) && URL.parse(origin)?.origin === origin
}
