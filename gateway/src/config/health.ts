import { integer, urlPath } from '@portico/service-kit/config'
import { z } from 'zod'

export interface HealthConfig {
  paths: { live: string; ready: string }
  drainDelayMs: number
}

export const healthVariables = z.object({
  HEALTH_LIVE_PATH: urlPath().default('/health/live').describe('Path that answers 200 while the process lives.'),
  HEALTH_READY_PATH: urlPath().default('/health/ready').describe('Path that answers 200 while the graph can serve.'),
  DRAIN_DELAY_MS: integer({ min: 0, max: 60_000, unit: 'milliseconds' })
    .default(5000)
    .describe('Pause between not ready and closing, on stop.'),
})

export function toHealthConfig(env: z.infer<typeof healthVariables>): HealthConfig {
  return {
    paths: { live: env.HEALTH_LIVE_PATH, ready: env.HEALTH_READY_PATH },
    drainDelayMs: env.DRAIN_DELAY_MS,
  }
}
