import { checkAdminPort } from '@portico/service-kit/admin-config'
import { evenWithMistakes, logLevel, nodeEnv, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'
import { exposureVariables, exposureWarnings, toExposureConfig, type ExposureConfig } from './config/exposure.ts'
import { explorerVariables, toExplorerConfig, type ExplorerConfig } from './config/explorer.ts'
import { healthVariables, toHealthConfig, type HealthConfig } from './config/health.ts'
import { httpVariables, toHttpConfig, type HttpConfig } from './config/http.ts'
import { limitsVariables, toLimitsConfig, type LimitsConfig } from './config/limits.ts'
import { checkPaths } from './config/paths.ts'
import { proxiesVariables, toProxiesConfig, type ProxiesConfig } from './config/proxies.ts'
import {
  rateLimitsVariables,
  rateLimitsWarnings,
  toRateLimitsConfig,
  type RateLimitsConfig,
} from './config/rate-limits.ts'
import {
  checkSupergraphVariables,
  supergraphVariables,
  supergraphWarnings,
  toSupergraphConfig,
  type SupergraphConfig,
} from './config/supergraph.ts'
import { checkTokenVariables } from './config/tokens.ts'
import { toTrustConfig, trustVariables, type TrustConfig } from './config/trust.ts'

export interface GatewayConfig {
  logLevel: string
  /** What is switched on that is unusual in production, a sentence each. */
  warnings: readonly string[]
  exposure: ExposureConfig
  explorer: ExplorerConfig
  http: HttpConfig
  health: HealthConfig
  limits: LimitsConfig
  proxies: ProxiesConfig
  rateLimits: RateLimitsConfig
  supergraph: SupergraphConfig
  trust: TrustConfig
}

/** Every variable of the gateway, by section. */
export const gatewayVariables = z.object({
  NODE_ENV: nodeEnv()
    .default('production')
    .describe('Defaults of the switches that show more in development; `production` shows nothing that only it needs.'),
  LOG_LEVEL: logLevel().default('info').describe('Least level that is logged.'),
  ...exposureVariables.shape,
  ...explorerVariables.shape,
  ...httpVariables.shape,
  ...healthVariables.shape,
  ...limitsVariables.shape,
  ...proxiesVariables.shape,
  ...rateLimitsVariables.shape,
  ...supergraphVariables.shape,
  ...trustVariables.shape,
})

const config = gatewayVariables
  .superRefine((env, context) => {
    checkSupergraphVariables(env, context)
    checkTokenVariables(env, context)
    checkAdminPort(env, context)
    checkPaths(env, context)
  }, evenWithMistakes)
  .transform((env): GatewayConfig => ({
    logLevel: env.LOG_LEVEL,
    warnings: [...exposureWarnings(env), ...rateLimitsWarnings(env), ...supergraphWarnings(env)],
    exposure: toExposureConfig(env),
    explorer: toExplorerConfig(env),
    http: toHttpConfig(env),
    health: toHealthConfig(env),
    limits: toLimitsConfig(env),
    proxies: toProxiesConfig(env),
    rateLimits: toRateLimitsConfig(env),
    supergraph: toSupergraphConfig(env),
    trust: toTrustConfig(env),
  }))

export function loadConfig(env: Environment): GatewayConfig {
  return parseEnvironment(config, env)
}
