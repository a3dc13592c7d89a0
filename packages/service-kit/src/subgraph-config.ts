import { z } from 'zod'
import {
  adminVariables,
  checkAdminPort,
  toAdminConfig,
  type AdminConfig,
  type ListeningVariables,
} from './admin-config.ts'
import { flag, integer, logLevel, milliseconds, nodeEnv, port, postgresUrl } from './config.ts'
import type { DatabaseConfig } from './database.ts'

/** What every subgraph is configured with. */
export interface SubgraphConfig {
  host: string
  port: number
  /** Undefined: no admin server. */
  admin: AdminConfig | undefined
  logLevel: string
  production: boolean
  database: DatabaseConfig
  trust: Trust
  /** Time between the end of readiness and the end of accepting, on stop. */
  drainDelayMs: number
}

/**
 * Whom GraphQL requests are answered to: the gateway, known by its public keys (a JWK set in a file); or, only in
 * development, anyone, as the viewer that the request's `x-portico-viewer` header describes in JSON.
 */
export type Trust = { kind: 'gateway'; keysFile: string } | { kind: 'anyone' }

/** The variables of {@link SubgraphConfig}; extend it with a subgraph's own. */
export const subgraphVariables = z.object({
  NODE_ENV: nodeEnv()
    .default('production')
    .describe('`production` answers no introspection, and never anyone but the gateway.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: port().default(0).describe('Port to listen on; 0 takes a free one.'),
  ...adminVariables,
  LOG_LEVEL: logLevel().default('info').describe('Least level that is logged.'),
  DATABASE_URL: postgresUrl().describe("The subgraph's own PostgreSQL database."),
  DATABASE_POOL_MAX: integer({ min: 1, max: 200, unit: 'connections' }).default(10).describe('Most connections.'),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds().default(2000).describe('Longest wait for a connection.'),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds().default(5000).describe('Longest run of one statement.'),
  DATABASE_LOCK_TIMEOUT_MS: milliseconds().default(2000).describe('Longest wait for a lock.'),
  GATEWAY_KEYS_FILE: z
    .string()
    .optional()
    .describe("JWK set with the gateway's public identity keys; must be set unless `STANDALONE` is."),
  STANDALONE: flag().default(false).describe('Answer anyone, to work on this subgraph alone; development only.'),
  DRAIN_DELAY_MS: integer({ min: 0, max: 60_000, unit: 'milliseconds' })
    .default(5000)
    .describe('Pause on stop between not ready and closing, if readiness was asked for within 30 s.'),
})

/** Refuses contradictions between the variables: `.superRefine(checkSubgraphVariables, evenWithMistakes)`. */
export function checkSubgraphVariables(
  env: Readonly<Partial<Record<'STANDALONE' | 'NODE_ENV' | 'GATEWAY_KEYS_FILE', unknown>>> & ListeningVariables,
  context: z.RefinementCtx,
): void {
  const issue = (variable: string, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message, input: variable })
  checkAdminPort(env, context)
  if (env.STANDALONE === true && env.NODE_ENV === 'production') {
    issue('STANDALONE', 'answers anyone, and is only for NODE_ENV=development')
  }
  if (env.STANDALONE === true && env.GATEWAY_KEYS_FILE !== undefined) {
    issue('STANDALONE', 'contradicts GATEWAY_KEYS_FILE; unset one of them')
  }
  if (env.STANDALONE === false && env.GATEWAY_KEYS_FILE === undefined) {
    issue('GATEWAY_KEYS_FILE', 'must be set, so that only the gateway is answered (or STANDALONE=true in development)')
  }
}

/** Nests the flat variables. */
export function toSubgraphConfig(env: z.infer<typeof subgraphVariables>): SubgraphConfig {
  return {
    host: env.HOST,
    port: env.PORT,
    // Like PORT: several subgraphs on one machine are the rule.
    admin: toAdminConfig(env, 0),
    logLevel: env.LOG_LEVEL,
    production: env.NODE_ENV === 'production',
    database: {
      url: env.DATABASE_URL,
      poolMax: env.DATABASE_POOL_MAX,
      connectWithinMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
    },
    trust:
      env.GATEWAY_KEYS_FILE === undefined ? { kind: 'anyone' } : { kind: 'gateway', keysFile: env.GATEWAY_KEYS_FILE },
    drainDelayMs: env.DRAIN_DELAY_MS,
  }
}
