import type { GatewayExecutor } from '@apollo/server-gateway-interface'
import {
  getVariableValues,
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { Executor } from '../execute/executor.ts'
import type { Operation } from './operation.ts'

export interface AdmissionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  execute: Executor
  /** Errors suggest no names of the schema. */
  hideSchemaDetails: boolean
}

/** A list of a hundred thousand wrong values is not answered with as many errors. */
const MOST_VARIABLE_ERRORS = 10

/** Decides on operations that Apollo Server has parsed and validated, before anything is fetched for them. */
export function createAdmission({ schema, execute, hideSchemaDetails }: AdmissionOptions): GatewayExecutor {
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
    return execute(toOperation(request.document, definition, request.queryHash), request)
  }
}

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
