import { SUBSCRIPTIONS } from './contract.ts'

/** The kind of the durable queues: quorum ones have copies on several nodes of a cluster, and are synced to disk. */
export type QueueType = 'quorum' | 'classic'

/** The topic exchange that all events go through; the routing key is the event's type. */
export const EXCHANGE = 'portico.events'
/** Where a queue puts what is refused: no event at all, or not believed, or given back {@link DELIVERY_LIMIT} times. */
const DEAD_LETTER_EXCHANGE = 'portico.dead'

/**
 * How often a quorum queue takes a message back before it is dead. RabbitMQ 4 says 20 when nothing is said, which some
 * crashes of a subgraph reach: all that it had fetched counts. So it is no limit but against what kills every subgraph
 * that it meets; what a handler fails on is kept by the inbox, and never given back.
 */
const DELIVERY_LIMIT = 1000

/** What every sender needs. */
export const EVENTS_EXCHANGE = { exchange: EXCHANGE, type: 'topic', durable: true }

const exchanges = [EVENTS_EXCHANGE, { exchange: DEAD_LETTER_EXCHANGE, type: 'direct', durable: true }]

/** The queue that a subgraph receives from, and the one for what it refused. */
export function queuesOf(subgraph: string) {
  const queue = `portico.${subgraph}`
  return { queue, deadQueue: `${queue}.dead` }
}

/** The names of all that a subgraph declares, and has to do with. */
export function namesOf(subgraph: string): readonly string[] {
  return [EXCHANGE, DEAD_LETTER_EXCHANGE, ...Object.values(queuesOf(subgraph))]
}

/** What a subgraph receives from: its queue, and its queue of dead messages, with all that leads to them. */
export function topologyOf(subgraph: string, queueType: QueueType) {
  const { queue, deadQueue } = queuesOf(subgraph)
  // By its own name too: what is put back is for this subgraph alone.
  const routingKeys = [queue, ...(SUBSCRIPTIONS[subgraph] ?? []).map(({ name }) => name)]
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
      queueBindings: routingKeys.map((routingKey) => ({ exchange: EXCHANGE, queue, routingKey })),
    },
    dead: {
      exchanges,
      queue: { queue: deadQueue, durable: true, arguments: { 'x-queue-type': queueType } },
      queueBindings: [{ exchange: DEAD_LETTER_EXCHANGE, queue: deadQueue, routingKey: subgraph }],
    },
  }
}

/** What all subgraphs receive from, for an account that may declare it. */
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
