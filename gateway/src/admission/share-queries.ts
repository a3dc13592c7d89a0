import { OperationTypeNode } from 'graphql'
import type { Answer } from '../execute/answer.ts'
import type { Executor } from '../execute/execution.ts'
import { createSingleFlight } from '../single-flight.ts'
import { refuseLateRequest } from './refuse-late-requests.ts'

/**
 * Executes identical queries once that are in flight at the same time: the same operation with the same variables, of the
 * same viewer with the same headers for subgraphs, none of whose fields is refused, and about the same time left. It has the
 * deadline of the first one. Who runs out of time while others wait on is answered 504; the last one, with what there is by
 * then. No query joins one that began before a mutation ended.
 */
export function shareQueries(execute: Executor): Executor {
  const flights = createSingleFlight<Answer>()

  return async (execution) => {
    const { operation, fetched, refusals, variables, context } = execution
    const { viewer, clientHeaders, signal, deadline } = context
    const isQuery = operation.definition.operation === OperationTypeNode.QUERY
    if (!isQuery || refusals.size > 0) {
      try {
        return await execute(execution)
      } finally {
        // One that failed may have changed something all the same.
        if (!isQuery) flights.forget()
      }
    }
    const key = JSON.stringify([fetched.key, variables, viewer, clientHeaders])
    try {
      return await flights.run(key, {
        signal,
        deadline,
        start: (shared) => execute({ ...execution, context: { ...context, signal: shared } }),
      })
    } catch (error) {
      if (error === signal.reason) refuseLateRequest(signal, 'while it waited for the answer to an identical one')
      throw error
    }
  }
}
