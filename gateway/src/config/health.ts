import { adminVariables, toAdminConfig, type AdminConfig } from '@portico/service-kit/admin-config'
import { commaList, integer, milliseconds, urlPath } from '@portico/service-kit/config'
import { z } from 'zod'

/** What operators and balancers are told, and when. */
export interface HealthConfig {
  /** Of the two health routes. */
  paths: { live: string; ready: string }
  /** Pause between the end of readiness and the end of accepting, on stop, when somebody polls readiness. */
  drainDelayMs: number
  /** Subgraphs that may be down while the gateway is ready. */
  optionalSubgraphs: ReadonlySet<string>
  probes: {
    /** At each subgraph's origin. */
    path: string
    /** Between the end of a probe and the start of the next. */
    intervalMs: number
    timeoutMs: number
    failuresToDown: number
  }
  /** Most operation names that metrics tell apart. */
  operationNames: number
  /** Undefined: no admin server. */
  admin: AdminConfig | undefined
}

const USUAL_ADMIN_PORT = 4100
const USUAL_DRAIN_DELAY_MS = 5000

export const healthVariables = z.object({
  HEALTH_LIVE_PATH: urlPath().default('/health/live').describe('Path that answers 200 while the process lives.'),
  HEALTH_READY_PATH: urlPath().default('/health/ready').describe('Path that answers 200 while the graph can serve.'),
  DRAIN_DELAY_MS: integer({ min: 0, max: 60_000, unit: 'milliseconds' })
    .optional()
    .describe(
      `Pause on stop between not ready and closing, if readiness was asked for within 30 s. Default: ${USUAL_DRAIN_DELAY_MS}, or 0 in open mode.`,
    ),
  OPTIONAL_SUBGRAPHS: commaList()
    .meta({ mustBe: 'names with commas' })
    .default([])
    .describe('Subgraphs without which the gateway is ready all the same. Default: none.'),
  SUBGRAPH_HEALTH_PATH: urlPath()
    .default('/health/ready')
    .describe('Path at which subgraphs are probed; any answer below 500 is well.'),
  SUBGRAPH_HEALTH_INTERVAL_MS: milliseconds().default(1000).describe('Pause between two probes of a subgraph.'),
  SUBGRAPH_HEALTH_TIMEOUT_MS: milliseconds().default(1000).describe('Longest wait for the answer to a probe.'),
  SUBGRAPH_HEALTH_FAILURES: integer({ min: 1, max: 1000, unit: 'probes' })
    .default(3)
    .describe('That many failed probes in a row take a subgraph down.'),
  METRICS_OPERATION_NAMES: integer({ min: 0, max: 10_000, unit: 'names' })
    .default(200)
    .describe('Most operation names that metrics tell apart; the others are counted as `other`.'),
  ...adminVariables,
  ADMIN_PORT: adminVariables.ADMIN_PORT.describe(
    `Port of metrics, status page and health details; 0 takes a free one, off serves none. Default: ${USUAL_ADMIN_PORT}, or a free one while that is taken.`,
  ),
})

export function toHealthConfig(
  env: z.infer<typeof healthVariables> & { OPEN_MODE: boolean; PORT: number },
): HealthConfig {
  return {
    paths: { live: env.HEALTH_LIVE_PATH, ready: env.HEALTH_READY_PATH },
    drainDelayMs: env.DRAIN_DELAY_MS ?? (env.OPEN_MODE ? 0 : USUAL_DRAIN_DELAY_MS),
    optionalSubgraphs: new Set(env.OPTIONAL_SUBGRAPHS),
    probes: {
      path: env.SUBGRAPH_HEALTH_PATH,
      intervalMs: env.SUBGRAPH_HEALTH_INTERVAL_MS,
      timeoutMs: env.SUBGRAPH_HEALTH_TIMEOUT_MS,
      failuresToDown: env.SUBGRAPH_HEALTH_FAILURES,
    },
    operationNames: env.METRICS_OPERATION_NAMES,
    admin: toAdminConfig(env, USUAL_ADMIN_PORT),
  }
}
