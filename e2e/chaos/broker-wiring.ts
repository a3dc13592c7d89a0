import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@portico/database/demo/random'
import { readHeldMessages, type HeldMessages } from '@portico/events/rabbitmq-dead-messages'
import { wholeTopology, type QueueType } from '@portico/events/rabbitmq-topology'
import type { TestRabbitMq } from '@portico/testkit/rabbitmq'
import { Connection } from 'rabbitmq-client'
import type { Deliveries } from './deliveries.ts'
import type { EventWiring, QueueDepths } from './event-wiring.ts'
import { fragileConnections, fragileServer } from './faults.ts'
import { startCopier } from './message-copier.ts'
import { startHolder } from './message-holder.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** Events by RabbitMQ, through a proxy of TCP, with somebody who sends messages again and somebody who keeps some for a while. */
export async function startBrokerWiring(options: {
  broker: TestRabbitMq
  queueType: QueueType
  random: Random
  deliveries: Deliveries
}): Promise<EventWiring> {
  const { broker, queueType, random, deliveries } = options
  await using stack = new AsyncDisposableStack()
  await renewQueues(broker.url, queueType)
  const proxy = stack.use(await startTcpProxy(Number(new URL(broker.url).port)))
  const copier = stack.use(startCopier({ url: broker.url, random: random.branch('copier'), deliveries }))
  const holder = stack.use(startHolder({ url: broker.url, queueType, random: random.branch('holder') }))
  const url = new URL(broker.url)
  url.port = String(proxy.port)

  const running = stack.move()
  return {
    variables: () => ({ AMQP_URL: url.href, AMQP_QUEUE_TYPE: queueType }),
    fragiles: [fragileServer('RabbitMQ', broker), fragileConnections('connections to RabbitMQ', proxy)],
    calm() {
      copier.calm()
      holder.calm()
    },
    held: () => copier.held() + holder.held(),
    fates: () => ({ ...copier.fates(), heldBack: holder.returned() }),
    queues: () => readDepths(broker.url),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/**
 * What RabbitMQ calls a quorum queue reaches its disk up to a second after the queue was declared. Killed before that it
 * has a queue that never gets a leader again, which is not what this suite is about:
 * https://github.com/rabbitmq/rabbitmq-server/issues/15725
 */
const SAFE_AFTER_MS = 3000

/** Deletes the queues with the messages of other runs, and declares them anew. */
async function renewQueues(url: string, queueType: QueueType): Promise<void> {
  const connection = new Connection({ url })
  connection.on('error', () => undefined)
  const { exchanges, queues, queueBindings } = wholeTopology(queueType)
  for (const { queue } of queues) await connection.queueDelete({ queue })
  for (const exchange of exchanges) await connection.exchangeDeclare(exchange)
  for (const queue of queues) await connection.queueDeclare(queue)
  for (const binding of queueBindings) await connection.queueBind(binding)
  await connection.close()
  if (queueType === 'quorum') await sleep(SAFE_AFTER_MS)
}

async function readDepths(url: string): Promise<QueueDepths> {
  const { orders, products } = await readHeldMessages(url, ['orders', 'products'])
  const sum = (of: keyof HeldMessages) => (orders?.[of] ?? NaN) + (products?.[of] ?? NaN)
  return { live: sum('pending'), dead: sum('dead') }
}
