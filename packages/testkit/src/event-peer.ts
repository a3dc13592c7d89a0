import { randomUUID } from 'node:crypto'
import { sourceOf, type CloudEvent } from '@portico/events/cloud-event'
import type { EventsConfig } from '@portico/events/config'
import type { EventType } from '@portico/events/event-type'
import { createHttpTransport } from '@portico/events/http-transport'
import { createSigner, createVerifier } from '@portico/events/push-signature'
import { publicKeysOf } from '@portico/service-kit/identity-key'
import { fastify } from 'fastify'
import { createTestIdentity } from './identity.ts'

/** The other end of a subgraph's events, played by a test: over real HTTP, with real signatures. */
export interface EventPeer extends AsyncDisposable {
  /** What the subgraph has to be started with. */
  config: EventsConfig
  /** Tells where the subgraph answers. */
  connect(subgraph: URL): void
  /** Sends an event, and returns it once it has arrived; `again` sends the same one another time. */
  tell<Data>(type: EventType<Data>, subject: string, data: Data): Promise<CloudEvent>
  again(event: CloudEvent): Promise<void>
  /** What the subgraph sent, in the order in which it came. */
  heard: CloudEvent[]
}

/** Plays `name` for the events of `subgraph`. */
export async function startEventPeer(name: string, subgraph: string): Promise<EventPeer> {
  await using stack = new AsyncDisposableStack()
  const ofSubgraph = stack.use(await createTestIdentity())
  const ofPeer = stack.use(await createTestIdentity())
  const subscribers = new Map<string, URL>()
  const transport = stack.use(
    createHttpTransport({
      subscribers,
      sign: await createSigner(name, ofPeer.key),
      verify: createVerifier(name, new Map([[subgraph, publicKeysOf(ofSubgraph.key)]])),
    }),
  )
  const heard: CloudEvent[] = []
  await transport.receive(async (event) => void heard.push(event))
  const server = fastify({ forceCloseConnections: true })
  transport.routes?.(server)
  const address = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
  stack.defer(() => server.close())

  async function send(event: CloudEvent): Promise<void> {
    const [failure] = await transport.send([event])
    if (failure) throw new Error(`${event.type} did not arrive: ${failure.reason}`)
  }

  const running = stack.move()
  return {
    config: {
      transport: {
        kind: 'http',
        keyFile: ofSubgraph.privateKeyFile,
        publisherKeys: new Map([[name, ofPeer.publicKeysFile]]),
        subscribers: new Map([[name, address]]),
      },
      concurrency: 6,
    },
    connect: (url) => void subscribers.set(subgraph, url),
    async tell(type, subject, data) {
      const event: CloudEvent = {
        specversion: '1.0',
        id: randomUUID(),
        source: sourceOf(name),
        type: type.name,
        subject,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data,
      }
      await send(event)
      return event
    },
    again: send,
    heard,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
