import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface'
import {
  getVariableValues,
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { Answer, Executor } from '../execute/executor.ts'
import type { Gate } from './gate.ts'
import type { Operation } from '../operation.ts'
import { createWithholding } from './withhold.ts'

export interface AdmissionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  execute: Executor
  /** Asked in this order. */
  gates: readonly Gate[]
  /** How many operations are kept of which gates refused something. */
  cacheSize: number
  /** Errors suggest no names of the schema. */
  hideSchemaDetails: boolean
}

/** A list of a hundred thousand wrong values is not answered with as many errors. */
const MOST_VARIABLE_ERRORS = 10

/**
 * Decides on operations that Apollo Server has parsed and validated, before anything is fetched for them. What gates
 * refuse is withheld, and the rest is executed.
 */
export function createAdmission(options: AdmissionOptions): GatewayExecutor {
  const { schema, execute, gates, cacheSize, hideSchemaDetails } = options
  const withholding = createWithholding({ schema, cacheSize })

  async function pass(operation: Operation, [gate, ...further]: readonly Gate[], request: Request): Promise<Answer> {
    if (operation.definition.selectionSet.selections.length === 0) return { data: {} }
    if (!gate) return execute(operation, request)
    const { variables = {} } = request.request
    const refusals = await gate(operation, { variables, context: request.context })
    if (refusals.size === 0) return pass(operation, further, request)
    const answer = await pass(withholding.reduce(operation, refusals), further, request)
    return withholding.restore(answer, { operation, refusals, variables })
  }

  return async (request) => {
    // Apollo Server leaves it to a gateway to find out that there is no such operation.
    const definition: OperationDefinitionNode | undefined = request.operation
    if (!definition) return refusal(whyNoOperation(request.request.operationName))
    if (!schema.getRootType(definition.operation)) return refusal(`There are no ${definition.operation}s here.`)
    const { errors } = getVariableValues(
      schema,
      definition.variableDefinitions ?? [],
      request.request.variables ?? {},
      { maxErrors: MOST_VARIABLE_ERRORS, hideSuggestions: hideSchemaDetails },
    )
    if (errors) return { errors: errors.map((error) => badVariable(error)) }
    const operation = toOperation(request.document, definition, request.queryHash)
    try {
      return await pass(operation, gates, request as Request)
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] }
      throw error
    }
  }
}

type Request = GatewayGraphQLRequestContext<GatewayContext>

function toOperation(document: DocumentNode, definition: OperationDefinitionNode, documentHash: string): Operation {
  const fragments = document.definitions
    .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
    .map((fragment) => [fragment.name.value, fragment] as const)
  return {
    document,
    definition,
    fragments: Object.fromEntries(fragments),
    key: `${documentHash} ${definition.name?.value ?? ''}`,
  }
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
