import { TimeIsOverError } from '../deadline.ts'

/**
 * Why there is no usable answer: `timeout` is the subgraph's own, `request-timeout` that of the whole request;
 * `cancelled`: its client is gone; `overloaded`: so many fetches wait for the subgraph that this one was not sent.
 */
export type SubgraphFailure =
  'unreachable' | 'untrusted' | 'bad-answer' | 'overloaded' | 'timeout' | 'request-timeout' | 'cancelled'

/** A subgraph gave no usable answer; the message is safe to pass on, the cause is for logs. */
export class SubgraphError extends Error {
  override readonly name = 'SubgraphError'
  readonly reason: SubgraphFailure

  constructor(reason: SubgraphFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** What a fetch fails with whose request was aborted: by its time, or since its client is gone. */
export function givenUp(name: string, { reason }: AbortSignal): SubgraphError {
  return reason instanceof TimeIsOverError
    ? new SubgraphError('request-timeout', `The request ran out of time before ${name} had answered.`)
    : new SubgraphError('cancelled', 'The client is gone.')
}
