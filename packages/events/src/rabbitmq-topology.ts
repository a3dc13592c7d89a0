import { SUBSCRIPTIONS } from './contract.ts'

/** The kind of the durable queues: quorum ones have copies on several nodes of a cluster, and are synced to disk. */
export type QueueType = 'quorum' | 'classic'

/** The topic exchange that all events go through; the routing key is the event's type. */
export const EXCHANGE = 'portico.events'
/** Where a queue puts what is no event at all, and what was given back {@link DELIVERY_LIMIT} times. */
const DEAD_LETTER_EXCHANGE = 'portico.dead'

/**
 * How often a quorum queue takes a message back before it is dead. RabbitMQ 4 says 20 when nothing is said, which some
 * crashes of a subgraph reach: all that it had fetched counts. So it is no limit but against what kills every subgraph
 * that it meets; what a handler fails on is kept by the inbox, and never given back.
 */
export const DELIVERY_LIMIT = 1000

const exchanges = [
  { exchange: EXCHANGE, type: 'topic', durable: true },
  { exchange: DEAD_LETTER_EXCHANGE, type: 'direct', durable: true },
]

/** What a subgraph receives from: its queue, and its queue of dead messages, with all that leads to them. */
export function topologyOf(subgraph: string, queueType: QueueType) {
  const queue = `portico.${subgraph}`
  const deadQueue = `${queue}.dead`
  return {
    live: {
      exchanges,
      queue: {
        queue,
        durable: true,
        arguments: {
          'x-queue-type': queueType,
          'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE,
          'x-dead-letter-routing-key': subgraph,
          ...(queueType === 'quorum' && { 'x-delivery-limit': DELIVERY_LIMIT }),
        },
      },
      queueBindings: (SUBSCRIPTIONS[subgraph] ?? []).map(({ name }) => ({
        exchange: EXCHANGE,
        queue,
        routingKey: name,
      })),
    },
    dead: {
      exchanges,
      queue: { queue: deadQueue, durable: true, arguments: { 'x-queue-type': queueType } },
      queueBindings: [{ exchange: DEAD_LETTER_EXCHANGE, queue: deadQueue, routingKey: subgraph }],
    },
  }
}

/** What all subgraphs receive from. */
export function wholeTopology(queueType: QueueType) {
  const parts = Object.keys(SUBSCRIPTIONS)
    .map((subgraph) => topologyOf(subgraph, queueType))
    .flatMap(({ live, dead }) => [dead, live])
  return {
    exchanges,
    queues: parts.map(({ queue }) => queue),
    queueBindings: parts.flatMap(({ queueBindings }) => queueBindings),
  }
}
