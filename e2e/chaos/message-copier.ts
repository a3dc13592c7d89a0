import type { Random } from '@portico/database/demo/random'
import { EVENTS_EXCHANGE } from '@portico/events/rabbitmq-topology'
import { Connection, type AsyncMessage } from 'rabbitmq-client'
import { z } from 'zod'
import type { Deliveries } from './deliveries.ts'

/** Reads along at the broker, and sends some messages again, at once or after later ones. */
export interface MessageCopier extends AsyncDisposable {
  calm(): void
  /** Copies that are not sent yet. */
  held(): number
  fates(): Record<string, number>
}

const COPY_HEADER = 'x-chaos-copy'
const COPIED = 0.15
const LATE_MS = 4000

const eventSchema = z.object({ id: z.string(), subject: z.string() })

export function startCopier(options: { url: string; random: Random; deliveries: Deliveries }): MessageCopier {
  const { url, random, deliveries } = options
  const fates = { messages: 0, copies: 0, lostCopies: 0 }
  const timers = new Set<NodeJS.Timeout>()
  const { exchange } = EVENTS_EXCHANGE
  const exchanges = [EVENTS_EXCHANGE]
  let isCalm = false
  let sending = 0

  const connection = new Connection({ url, retryLow: 250, retryHigh: 2000 })
  // The broker is killed again and again.
  connection.on('error', () => undefined)
  const publisher = connection.createPublisher({ confirm: true, exchanges })
  const consumer = connection.createConsumer(
    {
      queue: 'chaos.copies',
      noAck: true,
      queueOptions: { durable: false, autoDelete: true },
      exchanges,
      queueBindings: [{ exchange, queue: 'chaos.copies', routingKey: '#' }],
    },
    read,
  )
  consumer.on('error', () => undefined)

  function read(message: AsyncMessage) {
    if (message.headers?.[COPY_HEADER] !== undefined) return
    const event = eventSchema.parse(JSON.parse(String(message.body)))
    fates.messages += 1
    deliveries.sent(event)
    deliveries.taken(event)
    if (isCalm || !random.chance(COPIED)) return
    for (let copies = random.integer(1, 2); copies > 0; copies -= 1) {
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          void send(message)
        },
        random.integer(0, LATE_MS),
      )
      timers.add(timer)
    }
  }

  async function send({ routingKey, messageId, userId, type, contentType, headers, body }: AsyncMessage) {
    sending += 1
    try {
      const envelope = { exchange, routingKey, durable: true, headers: { ...headers, [COPY_HEADER]: '1' } }
      await publisher.send({ ...envelope, ...definedOf({ messageId, userId, type, contentType }) }, body)
      fates.copies += 1
      deliveries.taken(eventSchema.parse(JSON.parse(String(body))))
    } catch {
      fates.lostCopies += 1
    } finally {
      sending -= 1
    }
  }

  return {
    calm() {
      isCalm = true
    },
    held: () => timers.size + sending,
    fates: () => ({ ...fates }),
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer)
      connection.unsafeDestroy()
    },
  }
}

/** The properties that there are. */
function definedOf(properties: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
