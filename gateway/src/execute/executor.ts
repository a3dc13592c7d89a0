import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface'
import { GraphQLError } from 'graphql'
import type { Operation } from '../operation.ts'
import type { Planner } from '../plan/planner.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'

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
    // A null in a non-null position is an error by the specification; the executor hides it in an extension.
    const { valueCompletion, ...extensions } = result.extensions ?? {}
    const nulls = Array.isArray(valueCompletion) ? valueCompletion.filter(isGraphQLError).map(nullInNonNull) : []
    if (nulls.length === 0) return result
    return { ...result, errors: [...(result.errors ?? []), ...nulls], extensions }
  }
}

function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError
}

function nullInNonNull({ message, path }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: { code: 'NULL_IN_NON_NULL_POSITION' } })
}
