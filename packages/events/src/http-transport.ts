import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { BATCH_TYPE, MalformedEventError, parseCloudEvent, type CloudEvent } from './cloud-event.ts'
import { subscribersOf } from './contract.ts'
import { objectionTo } from './objection.ts'
import { isDigestOf, SIGNATURE_HEADER, type SignBody, type Signed, type VerifySignature } from './push-signature.ts'
import { reasonOf } from './reason.ts'
import type { Delivery, Receive, Transport, Undelivered } from './transport.ts'

/** Where subgraphs take events. */
export const EVENTS_PATH = '/events'

/** Largest accepted batch, in bytes. */
const BODY_LIMIT = 16 * 1_048_576

/** What the HTTP transport works with. */
export interface HttpTransportOptions {
  /** The addresses of the subgraphs that take events, by name: `http://products:4002`. */
  subscribers: ReadonlyMap<string, URL>
  sign: SignBody
  verify: VerifySignature
  /** Longest wait for the answer to a push, in milliseconds. Default 5,000. */
  answerWithinMs?: number
}

/** The answer to a batch: those of its events that have to be sent again, or never. */
const answer = z.object({
  undelivered: z.array(z.object({ id: z.string(), reason: z.string(), hopeless: z.boolean().optional() })),
})

/** Pushes events to their subscribers in signed batches, with no broker between. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { subscribers, sign, verify, answerWithinMs = 5000 } = options
  let receiver: Receive | undefined

  /** Resolves with what did not arrive, by id. */
  async function push(subscriber: string, events: readonly CloudEvent[]): Promise<ReadonlyMap<string, Undelivered>> {
    const all = (failure: Undelivered) => new Map(events.map(({ id }) => [id, failure]))
    const address = subscribers.get(subscriber)
    if (!address) return all({ reason: `no address of ${subscriber} is configured` })
    const body = JSON.stringify(events)
    try {
      const response = await fetch(new URL(EVENTS_PATH, address), {
        method: 'POST',
        headers: { 'content-type': BATCH_TYPE, [SIGNATURE_HEADER]: await sign(body, subscriber) },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(answerWithinMs),
      })
      const text = await response.text()
      if (!response.ok) return all({ reason: `${subscriber} answered ${response.status}: ${text.slice(0, 200)}` })
      const { undelivered } = answer.parse(JSON.parse(text))
      return new Map(undelivered.map(({ id, ...failure }) => [id, { ...failure, hopeless: failure.hopeless ?? false }]))
    } catch (error) {
      return all({ reason: `${subscriber} can't be reached: ${reasonOf(error)}` })
    }
  }

  async function take(values: readonly unknown[], { sender, receive, signal }: Taking) {
    const outcomes = await Promise.all(
      values.map(async (value) => {
        try {
          const event = parseCloudEvent(value)
          const objection = objectionTo(event, sender)
          if (objection !== undefined) return refused(value, objection)
          await receive(event, signal)
          return undefined
        } catch (error) {
          const isHopeless = error instanceof MalformedEventError
          return isHopeless ? refused(value, reasonOf(error)) : { id: idOf(value), reason: reasonOf(error) }
        }
      }),
    )
    return { undelivered: outcomes.filter((outcome) => outcome !== undefined) }
  }

  return {
    async send(events) {
      const bySubscriber = new Map<string, CloudEvent[]>()
      for (const event of events) {
        for (const name of subscribersOf(event.type)) {
          bySubscriber.set(name, [...(bySubscriber.get(name) ?? []), event])
        }
      }
      const pushes = await Promise.all([...bySubscriber].map(([name, list]) => push(name, list)))
      return events.map(({ id }): Delivery => {
        const failures = pushes.map((failed) => failed.get(id)).filter((failure) => failure !== undefined)
        // Given up once all who have not got it never will.
        return failures.find(({ hopeless }) => !hopeless) ?? failures[0]
      })
    },
    async receive(receive) {
      receiver = receive
    },
    routes(app) {
      void app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser(BATCH_TYPE, { parseAs: 'buffer' }, (_, body, done) => done(null, body))
        const signatures = new WeakMap<FastifyRequest, Signed>()
        scope.route<{ Body: Buffer | undefined }>({
          method: 'POST',
          url: EVENTS_PATH,
          bodyLimit: BODY_LIMIT,
          // Nothing is kept of those who may not send.
          async onRequest(request, reply) {
            const signature = request.headers[SIGNATURE_HEADER]
            const signed = typeof signature === 'string' ? await verify(signature) : { refusal: 'no signature' }
            if (!('refusal' in signed)) return void signatures.set(request, signed)
            return refuse(request, reply, signed.refusal)
          },
          async handler(request, reply) {
            const { sender, sha256 } = signatures.get(request) ?? NOBODY
            const { body = Buffer.of() } = request
            if (!isDigestOf(sha256, body)) return refuse(request, reply, 'the signature is that of another body')
            if (!receiver) return reply.code(503).send({ error: 'Not ready for events.' })
            const events = parseBatch(body)
            if (!events) return reply.code(400).send({ error: 'The body must be a JSON array of at most 1000 events.' })
            return take(events, { sender, receive: receiver, signal: closingOf(reply) })
          },
        })
      })
    },
    // Pushes end in time by themselves.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Who sends a batch, and until when they wait for an answer. */
interface Taking {
  sender: string
  receive: Receive
  signal: AbortSignal
}

/** The reason is for our log alone. */
function refuse(request: FastifyRequest, reply: FastifyReply, reason: string) {
  request.log.warn({ address: request.ip, reason }, 'events refused')
  return reply.code(401).send({ error: 'Events are taken only from subgraphs whose keys are known here.' })
}

/** Aborts when who asked has gone. The signal of Fastify's requests aborts when a body was read. */
function closingOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => controller.abort())
  return controller.signal
}

const NOBODY: Signed = { sender: '', sha256: '' }

function parseBatch(body: Buffer): unknown[] | undefined {
  try {
    return z.array(z.unknown()).max(1000).parse(JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}

function refused(value: unknown, reason: string) {
  return { id: idOf(value), reason, hopeless: true }
}

function idOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : ''
}
