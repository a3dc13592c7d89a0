import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface'
import { GraphQLError } from 'graphql'
import type { Operation } from '../operation.ts'
import type { Planner } from '../plan/planner.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'
import { boundErrors } from './error-bound.ts'

export interface ExecutorOptions {
  loaded: LoadedSupergraph
  planner: Planner
  dataSources: Readonly<Record<string, GraphQLDataSource>>
}

export type Answer = Awaited<ReturnType<GatewayExecutor>>

/** Executes what was admitted. */
export type Executor = (operation: Operation, request: GatewayGraphQLRequestContext) => Promise<Answer>

/** Plans operations and executes them through the executor of `@apollo/gateway`. */
export function createExecutor({ loaded, planner, dataSources }: ExecutorOptions): Executor {
  return async (operation, request) => {
    const result = await executeQueryPlan(
      planner.plan(operation),
      dataSources,
      request,
      { schema: loaded.apiGraphqlSchema, operation: operation.definition, fragments: operation.fragments },
      loaded.supergraphGraphqlSchema,
      loaded.apiSchema,
    )
    // What is null since it was no value of its type is an error by the specification; the executor hides it.
    const { valueCompletion, ...extensions } = result.extensions ?? {}
    const wrong = Array.isArray(valueCompletion) ? valueCompletion.filter(isGraphQLError) : []
    if (wrong.length > 0) return { ...result, errors: boundErrors(wrong, wrongValue), extensions }
    return result.errors ? { ...result, errors: boundErrors(result.errors) } : result
  }
}

function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError
}

function wrongValue({ message, path }: GraphQLError): GraphQLError {
  const isNull = message.startsWith('Cannot return null')
  const code = isNull ? 'NULL_IN_NON_NULL_POSITION' : 'INVALID_SUBGRAPH_VALUE'
  return new GraphQLError(message, { path: path ?? null, extensions: { code } })
}
