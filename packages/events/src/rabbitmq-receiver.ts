import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@portico/service-kit/logger'
import { ConsumerStatus, type AsyncMessage, type Connection } from 'rabbitmq-client'
import { MalformedEventError, parseCloudEvent, type CloudEvent } from './cloud-event.ts'
import { accountOf, objectionToMessage } from './rabbitmq-account.ts'
import { openConnection, withDeadline } from './rabbitmq-connection.ts'
import { countMessages } from './rabbitmq-count.ts'
import { topologyOf, type QueueType } from './rabbitmq-topology.ts'
import { reasonOf } from './reason.ts'
import type { BrokerQueues, Receive } from './transport.ts'

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
  /**
   * What is in the subgraph's two queues.
   *
   * @throws Error that says why the broker does not tell.
   */
  queues: () => Promise<BrokerQueues>
}

const START_PAUSE_MS = 1000
const FIRST_PAUSE_MS = 100
const MOST_PAUSE_MS = 5000
const COUNT_WITHIN_MS = 2000

/**
 * Receives from the subgraph's queue. An event is acknowledged once it is handled or kept; until then it is tried again
 * here, since one that is given back comes again at once, and counts as a delivery. Disposing gives back what is left.
 * What is no event, or none that its sender may tell, is refused, and ends in the queue of dead messages.
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
  const account = accountOf(url)
  let reason = 'not started yet'
  /** Aborts with the connection, and when all is to end: what came over it is not acknowledged, and comes again. */
  let lost = new AbortController()
  connection.on('error', () => {
    lost.abort()
    lost = new AbortController()
  })
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: live.queue,
      exchanges: live.exchanges,
      queueBindings: live.queueBindings,
      lazy: true,
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
  const starting = start()

  /** The consumer declares its own queue; what it refuses must have a place to go first. */
  async function start(): Promise<void> {
    await declareDead(stop.signal)
    if (!stop.signal.aborted) consumer.start()
    // A broker that comes back may have forgotten.
    connection.on('connection', () => void declareDead(lost.signal))
  }

  /** Declares the queue of dead messages, as often as it takes. */
  async function declareDead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await declare(connection, dead)
      } catch (error) {
        if (signal.aborted) return
        reason = reasonOf(error)
        log.warn({ queue: dead.queue.queue, reason }, 'queue of dead messages not declared')
        await sleep(START_PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async function take(message: AsyncMessage): Promise<ConsumerStatus> {
    const event = parseMessage(message)
    if (!event) return ConsumerStatus.DROP
    const { signal } = lost
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, MOST_PAUSE_MS)) {
      try {
        await receive(event, signal)
        return ConsumerStatus.ACK
      } catch (err) {
        if (err instanceof MalformedEventError) {
          refuse(message, err.message)
          return ConsumerStatus.DROP
        }
        if (signal.aborted) break
        log.warn({ err, event: event.id, type: event.type }, 'event can be neither handled nor kept now')
        await sleep(pause, undefined, { signal }).catch(() => undefined)
      }
    }
    return ConsumerStatus.REQUEUE
  }

  async function count(): Promise<BrokerQueues> {
    const waiting = await countMessages(connection, queue)
    return { waiting, dead: await countMessages(connection, dead.queue.queue) }
  }

  function parseMessage(message: AsyncMessage): CloudEvent | undefined {
    try {
      const event = parseCloudEvent(JSON.parse(String(message.body)))
      const objection = objectionToMessage(event, message, account)
      if (objection === undefined) return event
      refuse(message, objection)
    } catch (error) {
      if (!(error instanceof MalformedEventError) && !(error instanceof SyntaxError)) throw error
      refuse(message, `it is no event: ${error.message}`)
    }
    return undefined
  }

  function refuse({ messageId, routingKey, userId }: AsyncMessage, objection: string): void {
    log.error({ queue, messageId, routingKey, account: userId, reason: objection }, 'message refused, and dead')
  }

  return {
    requireReady() {
      requireReady()
      // It has none while it is not subscribed.
      if (consumer.consumerTag === '') throw new Error(`not receiving from ${queue}: ${reason}`)
    },
    async queues() {
      requireReady()
      return withDeadline(count(), COUNT_WITHIN_MS)
    },
    async [Symbol.asyncDispose]() {
      // Before anything is given back, or it would come again.
      const closed = consumer.close()
      stop.abort()
      lost.abort()
      await close(closed)
      await starting
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
