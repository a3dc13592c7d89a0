import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@portico/database/demo/random'
import { topologyOf, type QueueType } from '@portico/events/rabbitmq-topology'
import { Connection, ConsumerStatus } from 'rabbitmq-client'

/**
 * Takes some messages from the subgraphs' queues, and gives them back after later ones went by. When it or the broker
 * dies, the broker takes them back by itself: it loses nothing.
 */
export interface MessageHolder extends AsyncDisposable {
  calm(): void
  /** Messages that it has now. */
  held(): number
  /** How many it has given back. */
  returned(): number
}

const LATE_MS = 4000
/** Of each queue at once. All that it has none of goes to the subgraphs. */
const HANDS = 20

export function startHolder(options: { url: string; queueType: QueueType; random: Random }): MessageHolder {
  const { url, queueType, random } = options
  let held = 0
  let returned = 0
  const connection = new Connection({ url, retryLow: 250, retryHigh: 2000 })
  // The broker is killed again and again.
  connection.on('error', () => undefined)

  async function hold(): Promise<ConsumerStatus> {
    held += 1
    try {
      await sleep(random.integer(0, LATE_MS))
      returned += 1
      return ConsumerStatus.REQUEUE
    } finally {
      held -= 1
    }
  }

  const consumers = ['orders', 'products'].map((subgraph) => {
    const queueOptions = topologyOf(subgraph, queueType).live.queue
    const { queue } = queueOptions
    const consumer = connection.createConsumer({ queue, queueOptions, qos: { prefetchCount: HANDS } }, hold)
    consumer.on('error', () => undefined)
    return consumer
  })
  return {
    calm() {
      for (const consumer of consumers) consumer.close().catch(() => undefined)
    },
    held: () => held,
    returned: () => returned,
    async [Symbol.asyncDispose]() {
      connection.unsafeDestroy()
    },
  }
}
