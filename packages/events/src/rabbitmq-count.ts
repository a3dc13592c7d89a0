import { AMQPError, type Connection } from 'rabbitmq-client'

/** How many messages wait in a queue for someone who takes them; 0 when there is no such queue. */
export async function countMessages(connection: Connection, queue: string): Promise<number> {
  try {
    return (await connection.queueDeclare({ queue, passive: true })).messageCount
  } catch (error) {
    if (error instanceof AMQPError && error.code === 'NOT_FOUND') return 0
    throw error
  }
}
