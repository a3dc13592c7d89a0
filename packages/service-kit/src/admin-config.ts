import { z } from 'zod'
import { port } from './config.ts'

/** Where the admin server listens; undefined where one is expected: there is none. */
export interface AdminConfig {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Whether a free port will do when this one is taken: nobody asked for it by name. */
  orAnyPort: boolean
}

const OFF_OR_PORT = 'off, or a whole number from 0 to 65535'

/** The variables of {@link AdminConfig}. Without `ADMIN_PORT`, {@link toAdminConfig} decides. */
export const adminVariables = {
  ADMIN_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that metrics and health details are served at; in a container 0.0.0.0.'),
  ADMIN_PORT: z
    .union([z.literal('off'), port()], `must be ${OFF_OR_PORT}`)
    .meta({ mustBe: OFF_OR_PORT })
    .optional()
    .describe('Port of metrics and health details; 0 takes a free one, off serves none. Default: a free one.'),
}

/**
 * Nests the flat variables. `usualPort` is taken when none is given, or another one while that is taken, so that several
 * processes of a kind start on one machine without being told.
 */
export function toAdminConfig(
  env: z.infer<z.ZodObject<typeof adminVariables>>,
  usualPort: number,
): AdminConfig | undefined {
  if (env.ADMIN_PORT === 'off') return undefined
  return { host: env.ADMIN_HOST, port: env.ADMIN_PORT ?? usualPort, orAnyPort: env.ADMIN_PORT === undefined }
}
