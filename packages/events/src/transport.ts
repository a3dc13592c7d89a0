import type { HealthCheck } from '@portico/service-kit/health'
import type { FastifyInstance } from 'fastify'
import type { CloudEvent } from './cloud-event.ts'

/** What came of sending an event: nothing, or why it did not arrive. */
export type Delivery = undefined | Undelivered

export interface Undelivered {
  reason: string
  /** Sending it again would end the same. */
  hopeless?: boolean
}

/**
 * Takes what arrived. Resolves once it is handled or kept in the inbox, and rejects while neither can be done: with a
 * MalformedEventError when it never can. What nobody waits for any more since `signal` aborted need not be begun.
 */
export type Receive = (event: CloudEvent, signal?: AbortSignal) => Promise<void>

/** What a broker holds for a subgraph that receives. */
export interface BrokerQueues {
  /** Sent, and not fetched yet. */
  waiting: number
  /** Refused, or given back too often. */
  dead: number
}

/** A way by which events reach their subscribers, at least once. Disposing it ends sending and receiving. */
export interface Transport extends AsyncDisposable {
  /**
   * Sends events, and resolves once each has arrived at all its subscribers, or has not. Those of one subject are never
   * sent together; it may be called again meanwhile.
   */
  send(events: readonly CloudEvent[]): Promise<readonly Delivery[]>
  /** Begins to receive what the subgraph subscribes to. */
  receive(receive: Receive): Promise<void>
  /** Adds the routes that it needs to the subgraph's server. */
  routes?: (app: FastifyInstance) => void
  /** Whether it works; nothing when there is nothing that it rests on. */
  check?: HealthCheck
  /**
   * What a broker holds for the subgraph, when there is one.
   *
   * @throws Error while it does not tell.
   */
  queues?: () => Promise<BrokerQueues>
}
