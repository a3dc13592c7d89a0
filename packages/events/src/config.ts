import { commaList, filePath, integer, oneOf } from '@portico/service-kit/config'
import { z } from 'zod'

/** How a subgraph exchanges events with the others. */
export interface EventsConfig {
  transport: TransportConfig
  /** Most events that are handled at once. */
  concurrency: number
}

/** `none` keeps what is announced in the outbox, for a subgraph that somebody works on alone. */
export type TransportConfig =
  | { kind: 'rabbitmq'; url: string; queueType: 'quorum' | 'classic'; prefetch: number }
  | { kind: 'http'; keyFile: string; publisherKeys: ReadonlyMap<string, string>; subscribers: ReadonlyMap<string, URL> }
  | { kind: 'none' }

/** Adds `name=value` pairs that are separated by commas to what can be configured. */
function named<Value>(mustBe: string, parse: (text: string) => Value | undefined) {
  return commaList()
    .transform((pairs, context): ReadonlyMap<string, Value> => {
      const values = new Map<string, Value>()
      for (const pair of pairs) {
        const at = pair.indexOf('=')
        const value = at > 0 ? parse(pair.slice(at + 1)) : undefined
        if (value === undefined) context.addIssue({ code: 'custom', message: `must be ${mustBe}` })
        else values.set(pair.slice(0, at), value)
      }
      return values
    })
    .meta({ mustBe: `\`${mustBe}\`` })
}

function parseHttpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url : undefined
}

/** The variables of {@link EventsConfig}; extend `subgraphVariables` with them. */
export const eventsVariables = {
  AMQP_URL: z
    .string()
    .regex(/^amqps?:\/\/\S+$/, 'must look like amqp://user:password@host:5672')
    .meta({ mustBe: 'an amqp:// or amqps:// address' })
    .optional()
    .describe('RabbitMQ that carries the events between subgraphs; without it they are pushed over HTTP.'),
  AMQP_QUEUE_TYPE: oneOf(['quorum', 'classic']).default('quorum').describe('The kind of the durable queues.'),
  AMQP_PREFETCH: integer({ min: 1, max: 10_000, unit: 'messages' })
    .default(50)
    .describe('Most messages that were received and not acknowledged.'),
  EVENTS_KEY_FILE: filePath()
    .optional()
    .describe("This subgraph's private key (Ed25519 JWK) by which it signs the events that it pushes."),
  EVENTS_PUBLISHER_KEYS: named('products=FILE,…', (text) => text || undefined)
    .optional()
    .describe('JWK sets with the public keys of the subgraphs whose pushed events are taken, by their names.'),
  EVENTS_SUBSCRIBERS: named('products=http://host:4002,…', parseHttpUrl)
    .optional()
    .describe('Addresses of the subgraphs that events are pushed to, by their names.'),
  EVENTS_CONCURRENCY: integer({ min: 1, max: 1000, unit: 'events' })
    .default(6)
    .describe('Most events that are handled at once; each holds one database connection.'),
}

/** No exchange of events: for a subgraph by itself. */
export const NO_EVENTS: EventsConfig = { transport: { kind: 'none' }, concurrency: 6 }

const PUSH_VARIABLES = ['EVENTS_KEY_FILE', 'EVENTS_PUBLISHER_KEYS', 'EVENTS_SUBSCRIBERS'] as const

type Given = z.infer<z.ZodObject<typeof eventsVariables>>

/** Refuses contradictions between the variables: `.superRefine(checkEventsVariables, evenWithMistakes)`. */
export function checkEventsVariables(
  env: Readonly<Partial<Record<keyof Given | 'STANDALONE', unknown>>>,
  context: z.RefinementCtx,
): void {
  const issue = (variable: string, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message, input: variable })
  const given = PUSH_VARIABLES.filter((name) => env[name] !== undefined)
  if (env.AMQP_URL !== undefined) {
    for (const name of given) issue(name, 'contradicts AMQP_URL; unset one of them')
  } else if (given.length > 0) {
    for (const name of PUSH_VARIABLES) {
      if (env[name] === undefined) issue(name, 'must be set with the other EVENTS_ variables, to push events over HTTP')
    }
  } else if (env.STANDALONE !== true) {
    issue('AMQP_URL', `must be set, or ${PUSH_VARIABLES.join(', ')}: the events of other subgraphs are needed`)
  }
}

/** Nests the flat variables. */
export function toEventsConfig(env: Given): EventsConfig {
  return { transport: toTransportConfig(env), concurrency: env.EVENTS_CONCURRENCY }
}

function toTransportConfig(env: Given): TransportConfig {
  if (env.AMQP_URL !== undefined) {
    return { kind: 'rabbitmq', url: env.AMQP_URL, queueType: env.AMQP_QUEUE_TYPE, prefetch: env.AMQP_PREFETCH }
  }
  const { EVENTS_KEY_FILE: keyFile, EVENTS_PUBLISHER_KEYS: publisherKeys, EVENTS_SUBSCRIBERS: subscribers } = env
  if (keyFile === undefined || !publisherKeys || !subscribers) return { kind: 'none' }
  return { kind: 'http', keyFile, publisherKeys, subscribers }
}
