import { z } from 'zod'
import { commaList, port } from './config.ts'

/** Where the admin server listens; undefined where one is expected: there is none. */
export interface AdminConfig {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Whether a free port will do when this one is taken: nobody asked for it by name. */
  orAnyPort: boolean
  /** Names in a `Host` header that are ours, beside addresses and names that public DNS does not have; in lower case. */
  hosts: readonly string[]
}

const OFF_OR_PORT = 'off, or a whole number from 0 to 65535'

/** The variables of {@link AdminConfig}. Without `ADMIN_PORT`, {@link toAdminConfig} decides. */
export const adminVariables = {
  ADMIN_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that metrics and health details are served at; in a container 0.0.0.0.'),
  ADMIN_HOSTS: commaList()
    .refine((hosts) => hosts.every((host) => /^[\w.-]+$/.test(host)), 'must be a list of names without ports')
    .meta({ mustBe: 'names with commas' })
    .default([])
    .describe('Names of the public DNS by which metrics and health details may be asked for. Default: none.'),
  ADMIN_PORT: z
    .union([z.literal('off'), port()], `must be ${OFF_OR_PORT}`)
    .meta({ mustBe: OFF_OR_PORT, inFile: { type: ['integer', 'string'] } })
    .optional()
    .describe('Port of metrics and health details; 0 takes a free one, off serves none. Default: a free one.'),
}

/** Where a process is told to listen. */
export type ListeningVariables = Readonly<Partial<Record<'HOST' | 'PORT' | 'ADMIN_HOST' | 'ADMIN_PORT', unknown>>>

const EVERY_ADDRESS: ReadonlySet<unknown> = new Set(['0.0.0.0', '::'])

/** Refuses an admin port that is the other port as well: `.superRefine(checkAdminPort, evenWithMistakes)`. */
export function checkAdminPort(env: ListeningVariables, context: z.RefinementCtx): void {
  const { HOST, PORT, ADMIN_HOST, ADMIN_PORT } = env
  const sharesAddress = HOST === ADMIN_HOST || EVERY_ADDRESS.has(HOST) || EVERY_ADDRESS.has(ADMIN_HOST)
  if (typeof PORT !== 'number' || PORT === 0 || PORT !== ADMIN_PORT || !sharesAddress) return
  context.addIssue({
    code: 'custom',
    path: ['ADMIN_PORT'],
    message: `is ${PORT}, as PORT is; set one of them to another`,
    input: ADMIN_PORT,
  })
}

/**
 * Nests the flat variables. `usualPort` is taken when none is given, or another one while that is taken or meant for the
 * other server, so that several processes of a kind start on one machine without being told.
 */
export function toAdminConfig(
  env: z.infer<z.ZodObject<typeof adminVariables>> & { PORT?: number },
  usualPort: number,
): AdminConfig | undefined {
  const { ADMIN_HOST: host, ADMIN_HOSTS, ADMIN_PORT: asked, PORT } = env
  if (asked === 'off') return undefined
  const hosts = ADMIN_HOSTS.map((name) => name.toLowerCase())
  return { host, port: asked ?? (usualPort === PORT ? 0 : usualPort), orAnyPort: asked === undefined, hosts }
}
