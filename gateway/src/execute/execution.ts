import type { Refusals } from '../admission/gate.ts'
import type { GatewayContext } from '../context.ts'
import type { Operation } from '../operation.ts'
import type { Answer } from './answer.ts'

/** What was admitted, and for whom. */
export interface Execution {
  /** What the client asked for: what the answer has to look like. */
  operation: Operation
  /**
   * What of it may be fetched: without its refused fields, and with an empty selection set when nothing is left. The same
   * object when nothing is refused.
   */
  fetched: Operation
  /** Where the answer has null and an error, in terms of `operation`. */
  refusals: Refusals
  /** The variables as the client sent them; a number whose digits would be lost is a `JSON.rawJSON` object. */
  variables: Readonly<Record<string, unknown>>
  /** The variables as the operation's types and defaults make them. */
  coerced: Readonly<Record<string, unknown>>
  context: GatewayContext
}

/**
 * Executes what was admitted.
 *
 * @throws GraphQLError when nothing could be executed, such as an operation that can't be planned.
 */
export type Executor = (execution: Execution) => Promise<Answer>
