import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@portico/service-kit/logger'
import { ConsumerStatus, type AsyncMessage, type Connection } from 'rabbitmq-client'
import { MalformedEventError, parseCloudEvent, type CloudEvent } from './cloud-event.ts'
import { openConnection, reasonOf } from './rabbitmq-connection.ts'
import { topologyOf, type QueueType } from './rabbitmq-topology.ts'
import type { Receive } from './transport.ts'

/** What a receiver works with. */
export interface RabbitMqReceiverOptions {
  subgraph: string
  url: string
  queueType: QueueType
  /** Most messages that were received and not acknowledged. */
  prefetch: number
  log: Logger
  /** Longest wait for a connection or a channel, in milliseconds. */
  withinMs: number
}

/** Receives, until it is disposed of. */
export interface RabbitMqReceiver extends AsyncDisposable {
  /**
   * @throws Error that says why nothing is received now.
   */
  requireReady: () => void
}

const FIRST_PAUSE_MS = 100
const MOST_PAUSE_MS = 5000

/**
 * Receives from the subgraph's queue. An event is acknowledged once it is handled or kept; until then it is tried again
 * here, since one that is given back comes again at once, and counts as a delivery. Disposing gives back what is left.
 */
export function startRabbitMqReceiver(options: RabbitMqReceiverOptions, receive: Receive): RabbitMqReceiver {
  const { subgraph, url, queueType, prefetch, log, withinMs } = options
  const stop = new AbortController()
  const { connection, requireReady, close } = openConnection({
    url,
    name: `portico-${subgraph}-receiver`,
    log,
    withinMs,
  })
  const { live, dead } = topologyOf(subgraph, queueType)
  const { queue } = live.queue
  let reason = 'not started yet'
  // The consumer declares the queue that it receives from.
  connection.on('connection', () => {
    declare(connection, dead).catch((err: unknown) => log.warn({ err }, 'queue of dead messages not declared'))
  })
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: live.queue,
      exchanges: live.exchanges,
      queueBindings: live.queueBindings,
      concurrency: prefetch,
      qos: { prefetchCount: prefetch },
    },
    take,
  )
  consumer.on('ready', () => log.info({ queue }, 'receiving from RabbitMQ'))
  consumer.on('error', (error: unknown) => {
    reason = reasonOf(error)
    log.warn({ queue, reason }, 'receiving from RabbitMQ failed')
  })

  async function take(message: AsyncMessage): Promise<ConsumerStatus> {
    const event = parseMessage(message)
    if (!event) return ConsumerStatus.DROP
    for (let pause = FIRST_PAUSE_MS; !stop.signal.aborted; pause = Math.min(2 * pause, MOST_PAUSE_MS)) {
      try {
        await receive(event)
        return ConsumerStatus.ACK
      } catch (err) {
        log.warn({ err, event: event.id, type: event.type }, 'event can be neither handled nor kept now')
        await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined)
      }
    }
    return ConsumerStatus.REQUEUE
  }

  function parseMessage({ body, messageId }: AsyncMessage): CloudEvent | undefined {
    try {
      return parseCloudEvent(JSON.parse(String(body)))
    } catch (error) {
      if (!(error instanceof MalformedEventError) && !(error instanceof SyntaxError)) throw error
      log.error({ messageId, reason: error.message }, 'message is no event')
      return undefined
    }
  }

  return {
    requireReady() {
      requireReady()
      // It has none while it is not subscribed.
      if (consumer.consumerTag === '') throw new Error(`not receiving from ${queue}: ${reason}`)
    },
    async [Symbol.asyncDispose]() {
      // Before anything is given back, or it would come again.
      const closed = consumer.close()
      stop.abort()
      await close(closed)
    },
  }
}

type Part = ReturnType<typeof topologyOf>['dead']

async function declare(connection: Connection, { exchanges, queue, queueBindings }: Part): Promise<void> {
  const channel = await connection.acquire()
  try {
    for (const exchange of exchanges) await channel.exchangeDeclare(exchange)
    await channel.queueDeclare(queue)
    for (const binding of queueBindings) await channel.queueBind(binding)
  } finally {
    await channel.close()
  }
}
