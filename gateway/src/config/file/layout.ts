import type { gatewayVariables } from '../../config.ts'

/** The variables that a file may set: all but its own name. */
export type FileVariable = Exclude<keyof typeof gatewayVariables.shape, 'CONFIG_FILE'>

/** A section of the file: its keys, with the variables that they stand for, or sections within. */
export interface Layout {
  readonly [key: string]: FileVariable | Layout
}

/**
 * What the file looks like, and which variable each of its keys stands for. What a value means and must be is said by the
 * variable alone.
 */
export const FILE_LAYOUT = {
  mode: 'NODE_ENV',
  logLevel: 'LOG_LEVEL',
  workers: 'WORKERS',
  openMode: 'OPEN_MODE',
  supergraph: { path: 'SUPERGRAPH_PATH', subgraphsPath: 'SUBGRAPHS_PATH' },
  http: {
    host: 'HOST',
    port: 'PORT',
    graphqlPath: 'GRAPHQL_PATH',
    requestTimeoutMs: 'REQUEST_TIMEOUT_MS',
    receiveTimeoutMs: 'RECEIVE_TIMEOUT_MS',
    hstsSeconds: 'HSTS_SECONDS',
    trustedProxies: 'TRUSTED_PROXIES',
    corsOrigins: 'CORS_ORIGINS',
    csrfPrevention: 'CSRF_PREVENTION',
  },
  exposure: {
    introspection: 'INTROSPECTION',
    errorDetails: 'ERROR_DETAILS',
    sandbox: 'SANDBOX',
    explorer: 'EXPLORER',
    explorerPath: 'EXPLORER_PATH',
    explorerDocumentsPath: 'EXPLORER_DOCUMENTS_PATH',
  },
  health: {
    livePath: 'HEALTH_LIVE_PATH',
    readyPath: 'HEALTH_READY_PATH',
    drainDelayMs: 'DRAIN_DELAY_MS',
    optionalSubgraphs: 'OPTIONAL_SUBGRAPHS',
    probes: {
      path: 'SUBGRAPH_HEALTH_PATH',
      intervalMs: 'SUBGRAPH_HEALTH_INTERVAL_MS',
      timeoutMs: 'SUBGRAPH_HEALTH_TIMEOUT_MS',
      failures: 'SUBGRAPH_HEALTH_FAILURES',
    },
  },

  metrics: { operationNames: 'METRICS_OPERATION_NAMES' },
  admin: { host: 'ADMIN_HOST', port: 'ADMIN_PORT', hosts: 'ADMIN_HOSTS' },

  limits: {
    bodyBytes: 'MAX_BODY_BYTES',
    tokens: 'MAX_TOKENS',
    depth: 'MAX_DEPTH',
    aliases: 'MAX_ALIASES',
    rootFields: 'MAX_ROOT_FIELDS',
    directives: 'MAX_DIRECTIVES',
    fields: 'MAX_FIELDS',
    valueDepth: 'MAX_VALUE_DEPTH',
  },
  planning: { timeoutMs: 'PLAN_TIMEOUT_MS', cacheSize: 'PLAN_CACHE_SIZE', overrideLabels: 'OVERRIDE_LABELS' },
  rateLimits: {
    enforced: 'RATE_LIMITS',
    planMultipliers: 'PLAN_MULTIPLIERS',
    sensitiveFields: 'SENSITIVE_FIELDS',
    redis: { url: 'REDIS_URL', timeoutMs: 'REDIS_TIMEOUT_MS', keyPrefix: 'RATE_LIMIT_KEY_PREFIX' },
  },
  subgraphs: {
    urls: 'SUBGRAPH_URLS',
    timeoutMs: 'SUBGRAPH_TIMEOUT_MS',
    connections: 'SUBGRAPH_CONNECTIONS',
    queue: 'SUBGRAPH_QUEUE',
    answerLimitBytes: 'SUBGRAPH_ANSWER_LIMIT_BYTES',
    compression: 'SUBGRAPH_COMPRESSION',
    shareFetches: 'SHARE_FETCHES',
    shareQueries: 'SHARE_QUERIES',
    propagateHeaders: 'PROPAGATE_HEADERS',
    identityKeyFile: 'IDENTITY_KEY_FILE',
  },
  tokens: {
    jwksUrl: 'JWKS_URL',
    oidcIssuer: 'OIDC_ISSUER',
    issuer: 'TOKEN_ISSUER',
    audience: 'TOKEN_AUDIENCE',
    algorithms: 'TOKEN_ALGORITHMS',
    type: 'TOKEN_TYPE',
    clockSkewS: 'TOKEN_CLOCK_SKEW_S',
    claims: {
      id: 'TOKEN_ID_CLAIM',
      scopes: 'TOKEN_SCOPES_CLAIM',
      roles: 'TOKEN_ROLES_CLAIM',
      plan: 'TOKEN_PLAN_CLAIM',
    },
    tokenlessFields: 'TOKENLESS_FIELDS',
  },
} as const satisfies Layout

type VariablesOf<Section> = Section extends string
  ? Section
  : { [Key in keyof Section]: VariablesOf<Section[Key]> }[keyof Section]

/** The key of each variable, such as `http.port` of `PORT`. One that has no key yet is a mistake of this type. */
export const FILE_KEYS: Readonly<Record<FileVariable, string>> = Object.fromEntries(entriesOf(FILE_LAYOUT)) as Record<
  VariablesOf<typeof FILE_LAYOUT>,
  string
>

function entriesOf(layout: Layout, prefix = ''): [variable: string, key: string][] {
  return Object.entries(layout).flatMap(([key, inner]) =>
    typeof inner === 'string' ? [[inner, prefix + key]] : entriesOf(inner, `${prefix}${key}.`),
  )
}
