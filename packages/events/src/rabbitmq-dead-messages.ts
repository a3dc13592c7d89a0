import { setImmediate as afterImmediates } from 'node:timers/promises'
import { Connection, type Envelope, type SyncMessage } from 'rabbitmq-client'
import { accountOf, FIRST_ACCOUNT_HEADER, senderOf } from './rabbitmq-account.ts'
import { withDeadline } from './rabbitmq-connection.ts'
import { countMessages } from './rabbitmq-count.ts'
import { EXCHANGE, queuesOf } from './rabbitmq-topology.ts'

/** What RabbitMQ holds for a subgraph. */
export interface HeldMessages {
  /** In its queue, and not yet fetched. */
  pending: number
  /** In its queue of dead messages. */
  dead: number
}

const WITHIN_MS = 5000

/**
 * What RabbitMQ holds for these subgraphs, by their names.
 *
 * @throws Error that says why it does not tell.
 */
export function readHeldMessages(url: string, subgraphs: readonly string[]): Promise<Record<string, HeldMessages>> {
  return withConnection(url, async (connection) => {
    const held: Record<string, HeldMessages> = {}
    for (const subgraph of subgraphs) {
      const { queue, deadQueue } = queuesOf(subgraph)
      held[subgraph] = {
        pending: await countMessages(connection, queue),
        dead: await countMessages(connection, deadQueue),
      }
    }
    return held
  })
}

/**
 * Puts the dead messages of a subgraph back into its queue, those that were there when it began, and returns how many. One
 * leaves the dead only when the queue has it, so that it may come twice but is never lost. Where it came from goes with it
 * ({@link senderOf}): what was not believed is not believed now.
 *
 * @throws Error that says why not, or no further.
 */
export function replayDeadMessages(url: string, subgraph: string): Promise<number> {
  const { queue, deadQueue } = queuesOf(subgraph)
  const own = accountOf(url)
  return withConnection(url, async (connection) => {
    const count = await countMessages(connection, deadQueue)
    const channel = await connection.acquire()
    let isReturned = false
    channel.on('basic.return', () => {
      isReturned = true
    })
    await channel.confirmSelect()
    let moved = 0
    for (; moved < count; moved += 1) {
      const message = await channel.basicGet({ queue: deadQueue })
      if (!message) break
      // A broker that is short of memory takes it, and is silent.
      await withDeadline(channel.basicPublish(again(message, queue, own), message.body), WITHIN_MS)
      // What was given back is told one turn of the event loop after it came, and its confirm at once.
      await afterImmediates()
      // With its channel ends what holds the message, and it is where it was.
      if (isReturned) throw new Error(`there is no ${queue} that takes it back; ${moved} were put back before`)
      channel.basicAck({ deliveryTag: message.deliveryTag })
    }
    await channel.close()
    return moved
  })
}

/** The envelope by which a message gets into this queue once more, and into no other. */
function again(message: SyncMessage, queue: string, own: string): Envelope {
  const { messageId, type, contentType } = message
  const known: Record<string, unknown> = message.headers ?? {}
  return {
    exchange: EXCHANGE,
    routingKey: queue,
    mandatory: true,
    durable: true,
    userId: own,
    ...(messageId === undefined ? {} : { messageId }),
    ...(type === undefined ? {} : { type }),
    ...(contentType === undefined ? {} : { contentType }),
    // No other header, since some lead a message elsewhere.
    headers: {
      traceparent: known['traceparent'],
      'x-request-id': known['x-request-id'],
      [FIRST_ACCOUNT_HEADER]: senderOf(message, own) ?? '',
    },
  }
}

/** Does something over a connection for it alone, and gives up as soon as that fails. */
async function withConnection<Result>(url: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = new Connection({
    url,
    connectionName: 'portico-events-command',
    acquireTimeout: WITHIN_MS,
    connectionTimeout: WITHIN_MS,
    heartbeat: WITHIN_MS / 1000,
  })
  const failed = new Promise<never>((_, reject) => void connection.on('error', reject))
  const working = work(connection).then(async (result) => {
    await connection.close()
    return result
  })
  try {
    return await Promise.race([working, failed])
  } finally {
    connection.unsafeDestroy()
  }
}
