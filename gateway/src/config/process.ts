import { availableParallelism } from 'node:os'
import { filePath, flag, integer, logLevel, nodeEnv } from '@portico/service-kit/config'
import { z } from 'zod'

/** How the program runs, whatever it serves. */
export interface ProcessConfig {
  logLevel: string
  /** How many processes share the port, below one that rolls them; undefined: this process serves alone. */
  workers: number | undefined
  /** Nothing is refused, signed or limited: for trusted benchmarks and audits. */
  open: boolean
}

const MOST_WORKERS = 256
const AUTO_OR_COUNT = `auto, or a whole number of processes from 1 to ${MOST_WORKERS}`

export const processVariables = z.object({
  NODE_ENV: nodeEnv()
    .default('production')
    .describe('Defaults of the switches that show more in development; `production` shows nothing that only it needs.'),
  LOG_LEVEL: logLevel().default('info').describe('Least level that is logged.'),
  WORKERS: z
    .union([z.literal('auto'), integer({ min: 1, max: MOST_WORKERS, unit: 'processes' })], `must be ${AUTO_OR_COUNT}`)
    .meta({ mustBe: AUTO_OR_COUNT, inFile: { type: ['integer', 'string'] } })
    .optional()
    .describe(
      'Processes that share the port and are rolled one at a time on SIGHUP; `auto` is one for each core. Default: this process serves alone.',
    ),
  OPEN_MODE: flag()
    .default(false)
    .describe('No authentication, limits or signing, for trusted benchmarks and audits: see operations.md.'),
  CONFIG_FILE: filePath()
    .optional()
    .describe('A YAML file of settings, each of which a variable of the environment replaces.'),
})

export function toProcessConfig(env: z.infer<typeof processVariables>): ProcessConfig {
  return {
    logLevel: env.LOG_LEVEL,
    workers: env.WORKERS === 'auto' ? availableParallelism() : env.WORKERS,
    open: env.OPEN_MODE,
  }
}
