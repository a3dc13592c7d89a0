import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { GatewayExecutor } from '@apollo/server-gateway-interface'
import {
  getVariableValues,
  GraphQLError,
  Kind,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'
import type { Planner } from '../plan/planner.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'

export interface ExecutorOptions {
  loaded: LoadedSupergraph
  planner: Planner
  dataSources: Readonly<Record<string, GraphQLDataSource>>
  /** Errors suggest no names of the schema. */
  hideSchemaDetails: boolean
}

/** A list of a hundred thousand wrong values is not answered with as many errors. */
const MOST_VARIABLE_ERRORS = 10

/** Executes operations that Apollo Server has parsed and validated, through the executor of `@apollo/gateway`. */
export function createExecutor({ loaded, planner, dataSources, hideSchemaDetails }: ExecutorOptions): GatewayExecutor {
  return async (request) => {
    const { document, queryHash } = request
    // Apollo Server leaves it to a gateway to find out that there is no such operation.
    const operation: OperationDefinitionNode | undefined = request.operation
    if (!operation) return refusal(whyNoOperation(request.request.operationName))
    if (!loaded.apiGraphqlSchema.getRootType(operation.operation)) {
      return refusal(`There are no ${operation.operation}s here.`)
    }
    const coerced = getVariableValues(
      loaded.apiGraphqlSchema,
      operation.variableDefinitions ?? [],
      request.request.variables ?? {},
      { maxErrors: MOST_VARIABLE_ERRORS, hideSuggestions: hideSchemaDetails },
    )
    if (coerced.errors) {
      return { errors: coerced.errors.map((error) => badVariable(error)) }
    }
    const plan = planner.plan({ document, operationName: operation.name?.value, documentHash: queryHash })
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
    const result = await executeQueryPlan(
      plan,
      dataSources,
      request,
      { schema: loaded.apiGraphqlSchema, operation, fragments: byName(fragments) },
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

function byName(fragments: readonly FragmentDefinitionNode[]): Record<string, FragmentDefinitionNode> {
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]))
}

function badVariable(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  })
}

function whyNoOperation(operationName: string | undefined): string {
  return operationName ? `There is no operation "${operationName}".` : 'Name one of the operations in operationName.'
}

function refusal(message: string): { errors: GraphQLError[] } {
  const extensions = { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } }
  return { errors: [new GraphQLError(message, { extensions })] }
}

function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError
}

function nullInNonNull({ message, path }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: { code: 'NULL_IN_NON_NULL_POSITION' } })
}
