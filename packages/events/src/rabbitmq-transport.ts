import type { Logger } from '@portico/service-kit/logger'
import { startRabbitMqReceiver, type RabbitMqReceiver } from './rabbitmq-receiver.ts'
import { createRabbitMqSender } from './rabbitmq-sender.ts'
import type { QueueType } from './rabbitmq-topology.ts'
import type { Transport } from './transport.ts'

/** What the RabbitMQ transport works with. */
export interface RabbitMqTransportOptions {
  /** The name of the subgraph that receives. */
  subgraph: string
  /**
   * An AMQP 0-9-1 address, `amqp://account:password@host:5672/vhost` or `amqps:`. The account is named as the subgraph, or
   * all subgraphs share one.
   */
  url: string
  /** The kind of the durable queues. Default quorum. */
  queueType?: QueueType
  /** Most messages that were received and not acknowledged. Default 50. */
  prefetch?: number
  log: Logger
  /** Longest wait for a publisher confirm, in milliseconds. Default 5,000. */
  confirmWithinMs?: number
}

/**
 * Sends and receives by RabbitMQ. An event has arrived once the broker confirmed that its subscriber's queue has it; one
 * that no queue took has not. Connections and channels come back by themselves.
 */
export function createRabbitMqTransport(options: RabbitMqTransportOptions): Transport {
  const { subgraph, url, queueType = 'quorum', prefetch = 50, log, confirmWithinMs = 5000 } = options
  const common = { subgraph, url, log }
  const sender = createRabbitMqSender({ ...common, confirmWithinMs })
  let receiver: RabbitMqReceiver | undefined

  return {
    send: (events) => Promise.all(events.map((event) => sender.send(event))),
    async receive(receive) {
      receiver = startRabbitMqReceiver({ ...common, queueType, prefetch, withinMs: confirmWithinMs }, receive)
    },
    check: {
      name: 'rabbitmq',
      // Events wait in the outbox meanwhile: nothing that is asked of the subgraph rests on it.
      optional: true,
      check: async () => {
        sender.requireReady()
        receiver?.requireReady()
      },
    },
    async queues() {
      if (!receiver) throw new Error('nothing is received yet')
      return receiver.queues()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([receiver?.[Symbol.asyncDispose](), sender[Symbol.asyncDispose]()])
    },
  }
}
