import type { AsyncMessage, SyncMessage } from 'rabbitmq-client'
import type { CloudEvent } from './cloud-event.ts'
import { objectionTo } from './objection.ts'

/** On a message that was put back into its queue: the account that it came from at first, empty when it had none. */
export const FIRST_ACCOUNT_HEADER = 'x-portico-first-account'

/** Whose account an AMQP address is for. */
export function accountOf(url: string): string {
  return decodeURIComponent(new URL(url).username)
}

type Message = Pick<AsyncMessage | SyncMessage, 'userId' | 'headers'>

/**
 * The account that a message comes from. RabbitMQ takes no message whose `user-id` is not the account of the connection,
 * https://www.rabbitmq.com/docs/validated-user-id; what `own` has put back into its queue comes from where it came from
 * before. Undefined when the message does not say.
 */
export function senderOf({ userId, headers }: Message, own: string): string | undefined {
  const first: unknown = userId === own ? headers?.[FIRST_ACCOUNT_HEADER] : undefined
  return (typeof first === 'string' ? first : userId) || undefined
}

/**
 * Why an event that came with this message is not believed by a subgraph with the account `own`; undefined when it is.
 * An account speaks for the subgraph of its name. To itself it may say anything, which is how subgraphs get on that share
 * one account; and as soon as accounts differ, those of other names are not believed.
 */
export function objectionToMessage(event: CloudEvent, message: Message, own: string): string | undefined {
  const sender = senderOf(message, own)
  if (sender === undefined) return 'the message does not say whose account it comes from'
  return sender === own ? undefined : objectionTo(event, sender)
}
