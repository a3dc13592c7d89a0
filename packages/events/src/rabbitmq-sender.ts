import { setImmediate as afterImmediates } from 'node:timers/promises'
import type { Logger } from '@portico/service-kit/logger'
import { EVENT_TYPE, type CloudEvent } from './cloud-event.ts'
import { subscribersOf } from './contract.ts'
import { accountOf } from './rabbitmq-account.ts'
import { openConnection, withDeadline } from './rabbitmq-connection.ts'
import { EVENTS_EXCHANGE, EXCHANGE } from './rabbitmq-topology.ts'
import { reasonOf } from './reason.ts'
import type { Delivery } from './transport.ts'

/** What a sender works with. */
export interface RabbitMqSenderOptions {
  subgraph: string
  url: string
  log: Logger
  /** Longest wait for a publisher confirm, in milliseconds. */
  confirmWithinMs: number
}

/** Hands events to RabbitMQ. */
export interface RabbitMqSender extends AsyncDisposable {
  /** Never rejects, and resolves in time. */
  send(event: CloudEvent): Promise<Delivery>
  /**
   * @throws Error that says why it can't send now.
   */
  requireReady: () => void
}

/**
 * Sends over a connection of its own: a broker that is short of memory stops the connections that send, and those that
 * receive have to go on, or it stays so. Queues are declared by who receives from them, and no sender may: until its
 * subscriber has been started once, an event is given back, and waits in the outbox.
 */
export function createRabbitMqSender(options: RabbitMqSenderOptions): RabbitMqSender {
  const { subgraph, url, log, confirmWithinMs } = options
  const { connection, requireReady, requireUnblocked, close } = openConnection({
    url,
    name: `portico-${subgraph}-sender`,
    log,
    withinMs: confirmWithinMs,
  })
  const userId = accountOf(url)
  const publisher = connection.createPublisher({ confirm: true, exchanges: [EVENTS_EXCHANGE] })
  /** The ids of what no queue took. The broker confirms it all the same, just after it has given it back. */
  const returned = new Set<string>()
  publisher.on('basic.return', ({ messageId }) => void (messageId !== undefined && returned.add(messageId)))

  return {
    async send(event) {
      returned.delete(event.id)
      const envelope = {
        exchange: EXCHANGE,
        routingKey: event.type,
        // What one queue took is not given back: each kind of event has one subscriber.
        mandatory: subscribersOf(event.type).length > 0,
        durable: true,
        userId,
        messageId: event.id,
        type: event.type,
        contentType: EVENT_TYPE,
        // For those who look into queues: the event itself has them too.
        headers: { traceparent: event.traceparent, 'x-request-id': event.requestid },
      }
      try {
        // What is published meanwhile would pile up here, and all of it be sent once RabbitMQ takes messages again.
        requireUnblocked()
        // Text would be sent as text/plain.
        await withDeadline(publisher.send(envelope, Buffer.from(JSON.stringify(event))), confirmWithinMs)
        // What was given back is told one turn of the event loop after it came, and its confirm at once.
        await afterImmediates()
        return returned.delete(event.id) ? { reason: `RabbitMQ has no queue for ${event.type}` } : undefined
      } catch (error) {
        return { reason: `RabbitMQ did not take it: ${reasonOf(error)}` }
      }
    },
    requireReady,
    [Symbol.asyncDispose]: () => close(publisher.close()),
  }
}
