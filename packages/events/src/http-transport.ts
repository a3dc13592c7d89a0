import type { Logger } from '@portico/service-kit/logger'
import { z } from 'zod'
import { BATCH_TYPE, parseCloudEvent, sourceOf, type CloudEvent } from './cloud-event.ts'
import { subscribersOf } from './contract.ts'
import { SIGNATURE_HEADER, type SignBody, type VerifyBody } from './push-signature.ts'
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
  verify: VerifyBody
  log: Logger
  /** Longest wait for the answer to a push, in milliseconds. Default 5,000. */
  answerWithinMs?: number
}

/** The answer to a batch: those of its events that have to be sent again, or never. */
const answer = z.object({
  undelivered: z.array(z.object({ id: z.string(), reason: z.string(), hopeless: z.boolean().optional() })),
})

/** Pushes events to their subscribers in signed batches, with no broker between. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { subscribers, sign, verify, log, answerWithinMs = 5000 } = options
  const stop = new AbortController()
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
        signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs), stop.signal]),
      })
      const text = await response.text()
      if (!response.ok) return all({ reason: `${subscriber} answered ${response.status}: ${text.slice(0, 200)}` })
      const { undelivered } = answer.parse(JSON.parse(text))
      return new Map(undelivered.map(({ id, ...failure }) => [id, { ...failure, hopeless: failure.hopeless ?? false }]))
    } catch (error) {
      return all({ reason: `${subscriber} can't be reached: ${reasonOf(error)}` })
    }
  }

  async function take(values: readonly unknown[], sender: string, receive: Receive) {
    const outcomes = await Promise.all(
      values.map(async (value) => {
        try {
          const event = parseCloudEvent(value)
          if (event.source !== sourceOf(sender)) return refused(value, `${sender} may not speak for ${event.source}`)
          await receive(event).catch((error: unknown) => {
            throw new Later(reasonOf(error))
          })
          return undefined
        } catch (error) {
          return error instanceof Later ? { id: idOf(value), reason: error.message } : refused(value, reasonOf(error))
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
      return events.map(({ id }): Delivery => pushes.find((failures) => failures.has(id))?.get(id))
    },
    async receive(receive) {
      receiver = receive
    },
    routes(app) {
      void app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser(BATCH_TYPE, { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_, body, done) =>
          done(null, body),
        )
        scope.post<{ Body: Buffer }>(EVENTS_PATH, async (request, reply) => {
          const signature = request.headers[SIGNATURE_HEADER]
          const sender = await verify(request.body, typeof signature === 'string' ? signature : undefined)
          if (sender === undefined) {
            log.warn({ address: request.ip }, 'events of an unknown sender refused')
            return reply.code(401).send({ error: 'Events are taken only from subgraphs whose keys are known here.' })
          }
          if (!receiver) return reply.code(503).send({ error: 'Not ready for events.' })
          const events = parseBatch(request.body)
          if (!events) return reply.code(400).send({ error: 'The body must be a JSON array of at most 1000 events.' })
          return take(events, sender, receiver)
        })
      })
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
    },
  }
}

function parseBatch(body: Buffer): unknown[] | undefined {
  try {
    return z.array(z.unknown()).max(1000).parse(JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}

/** The event is fine, but can't be handled or kept now. */
class Later extends Error {
  override readonly name = 'Later'
}

function refused(value: unknown, reason: string) {
  return { id: idOf(value), reason, hopeless: true }
}

function idOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : ''
}

/** What went wrong, with the reason below it: `fetch` says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
