import { evenWithMistakes, logLevel, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'
import { healthVariables, toHealthConfig, type HealthConfig } from './config/health.ts'
import { httpVariables, toHttpConfig, type HttpConfig } from './config/http.ts'
import {
  checkSupergraphVariables,
  supergraphVariables,
  toSupergraphConfig,
  type SupergraphConfig,
} from './config/supergraph.ts'
import { toTrustConfig, trustVariables, type TrustConfig } from './config/trust.ts'

export interface GatewayConfig {
  /** False in development and tests only. */
  production: boolean
  logLevel: string
  http: HttpConfig
  health: HealthConfig
  supergraph: SupergraphConfig
  trust: TrustConfig
}

/** Every variable of the gateway, by section. */
export const gatewayVariables = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'])
    .default('production')
    .describe('`production` exposes nothing that development needs.'),
  LOG_LEVEL: logLevel().default('info').describe('Least level that is logged.'),
  ...httpVariables.shape,
  ...healthVariables.shape,
  ...supergraphVariables.shape,
  ...trustVariables.shape,
})

const config = gatewayVariables
  .superRefine((env, context) => {
    checkSupergraphVariables(env, context)
    if (new Set([env.GRAPHQL_PATH, env.HEALTH_LIVE_PATH, env.HEALTH_READY_PATH]).size < 3) {
      const message = 'must differ from HEALTH_LIVE_PATH and HEALTH_READY_PATH, and these from each other'
      context.addIssue({ code: 'custom', path: ['GRAPHQL_PATH'], message, input: env.GRAPHQL_PATH })
    }
  }, evenWithMistakes)
  .transform((env): GatewayConfig => ({
    production: env.NODE_ENV === 'production',
    logLevel: env.LOG_LEVEL,
    http: toHttpConfig(env),
    health: toHealthConfig(env),
    supergraph: toSupergraphConfig(env),
    trust: toTrustConfig(env),
  }))

export function loadConfig(env: Environment): GatewayConfig {
  return parseEnvironment(config, env)
}
