import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface'
import { getVariableValues, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { Answer, Executor } from '../execute/executor.ts'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import type { Gate, GateRequest } from './gate.ts'
import { toOperation } from './operations.ts'
import { createWithholding } from './withhold.ts'

export interface AdmissionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  execute: Executor
  /** Asked in this order. */
  gates: readonly Gate[]
  /** How many operations are kept, and how many of which gates refused something. */
  cacheSize: number
  /** Errors suggest no names of the schema. */
  hideSchemaDetails: boolean
}

type Request = GatewayGraphQLRequestContext<GatewayContext>

interface Asked {
  request: Request
  coerced: GateRequest['coerced']
}

/** A list of a hundred thousand wrong values is not answered with as many errors. */
const MOST_VARIABLE_ERRORS = 10

/**
 * Decides on operations that Apollo Server has parsed and validated, before anything is fetched for them. What gates
 * refuse is withheld, and the rest is executed, unless what is refused leaves no answer at all.
 */
export function createAdmission(options: AdmissionOptions): GatewayExecutor {
  const { schema, execute, gates, cacheSize: maxEntries, hideSchemaDetails } = options
  const operations = createOperationCache<Operation>({ maxEntries, sizeOf: ({ size }) => size })
  const withholding = createWithholding({ schema, cacheSize: maxEntries })

  async function pass(operation: Operation, [gate, ...further]: readonly Gate[], asked: Asked): Promise<Answer> {
    const { request, coerced } = asked
    if (operation.definition.selectionSet.selections.length === 0) return { data: {} }
    if (!gate) return execute(operation, request)
    const refusals = await gate(operation, { coerced, context: request.context })
    if (refusals.size === 0) return pass(operation, further, asked)
    const withheld = { operation, refusals, coerced }
    const nothing = withholding.refuseWhole(withheld)
    if (nothing) return nothing
    const answer = await pass(withholding.reduce(operation, refusals), further, asked)
    return withholding.restore(answer, withheld)
  }

  return async (request) => {
    // Apollo Server leaves it to a gateway to find out that there is no such operation.
    const definition: OperationDefinitionNode | undefined = request.operation
    if (!definition) return refusal(whyNoOperation(request.request.operationName))
    if (!schema.getRootType(definition.operation)) return refusal(`There are no ${definition.operation}s here.`)
    const { variables = {} } = request.request
    const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], variables, {
      maxErrors: MOST_VARIABLE_ERRORS,
      hideSuggestions: hideSchemaDetails,
    })
    if (errors) return { errors: errors.map((error) => badVariable(error.message, error.nodes)) }
    const key = `${request.queryHash} ${definition.name?.value ?? ''}`
    const operation = operations.get({ key, size: 0 }, () => toOperation(request.document, definition, key))
    // The specification lets a variable with a default stand where null can't, and given null it fails there.
    const undecided = operation.switches.filter((name) => typeof coerced[name] !== 'boolean')
    if (undecided.length > 0) return { errors: undecided.map((name) => badVariable(whyUndecided(name))) }
    try {
      return await pass(operation, gates, { request: request as Request, coerced })
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] }
      throw error
    }
  }
}

function badVariable(message: string, nodes?: GraphQLError['nodes']): GraphQLError {
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  })
}

function whyUndecided(name: string): string {
  return `Variable "$${name}" must not be null: @skip or @include is decided by it.`
}

function whyNoOperation(operationName: string | undefined): string {
  return operationName ? `There is no operation "${operationName}".` : 'Name one of the operations in operationName.'
}

function refusal(message: string): { errors: GraphQLError[] } {
  const extensions = { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } }
  return { errors: [new GraphQLError(message, { extensions })] }
}
