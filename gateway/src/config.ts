import { checkAdminPort } from '@portico/service-kit/admin-config'
import { evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'
import { exposureVariables, exposureWarnings, toExposureConfig, type ExposureConfig } from './config/exposure.ts'
import { explorerVariables, toExplorerConfig, type ExplorerConfig } from './config/explorer.ts'
import { healthVariables, toHealthConfig, type HealthConfig } from './config/health.ts'
import { httpVariables, toHttpConfig, type HttpConfig } from './config/http.ts'
import { limitsVariables, toLimitsConfig, type LimitsConfig } from './config/limits.ts'
import { openUp } from './config/open-mode.ts'
import { nameOrigins, type Origins } from './config/origins.ts'
import { checkPaths } from './config/paths.ts'
import { planningVariables, toPlanningConfig, type PlanningConfig } from './config/planning.ts'
import { processVariables, toProcessConfig, type ProcessConfig } from './config/process.ts'
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
import { toTrustConfig, trustVariables, trustWarnings, type TrustConfig } from './config/trust.ts'

export interface GatewayConfig extends ProcessConfig {
  origins: Origins
  /** What is unusual in production, a sentence each. */
  warnings: readonly string[]
  exposure: ExposureConfig
  explorer: ExplorerConfig
  http: HttpConfig
  health: HealthConfig
  limits: LimitsConfig
  planning: PlanningConfig
  proxies: ProxiesConfig
  rateLimits: RateLimitsConfig
  supergraph: SupergraphConfig
  trust: TrustConfig
}

/** Every variable of the gateway, by section. */
export const gatewayVariables = z.object({
  ...processVariables.shape,
  ...exposureVariables.shape,
  ...explorerVariables.shape,
  ...httpVariables.shape,
  ...healthVariables.shape,
  ...limitsVariables.shape,
  ...planningVariables.shape,
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
  .transform((env): Omit<GatewayConfig, 'origins'> => ({
    ...toProcessConfig(env),
    warnings: [...trustWarnings(env), ...exposureWarnings(env), ...rateLimitsWarnings(env), ...supergraphWarnings(env)],
    exposure: toExposureConfig(env),
    explorer: toExplorerConfig(env),
    http: toHttpConfig(env),
    health: toHealthConfig(env),
    limits: toLimitsConfig(env),
    planning: toPlanningConfig(env),
    proxies: toProxiesConfig(env),
    rateLimits: toRateLimitsConfig(env),
    supergraph: toSupergraphConfig(env),
    trust: toTrustConfig(env),
  }))

/**
 * Reads the variables; `origins` says where they were set, if not in the environment.
 *
 * @throws ConfigError with all mistakes at once.
 */
export function loadConfig(env: Environment, origins: Origins = new Map()): GatewayConfig {
  try {
    const loaded = { ...parseEnvironment(config, env), origins }
    return loaded.open ? openUp(loaded) : loaded
  } catch (error) {
    throw nameOrigins(error, origins)
  }
}
