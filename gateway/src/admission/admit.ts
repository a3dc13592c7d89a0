import { GraphQLError, getVariableValues, type GraphQLSchema } from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { Answer } from '../execute/answer.ts'
import type { Executor } from '../execute/execution.ts'
import type { Operation } from '../operation.ts'
import { withKnownNumbers } from './exact-numbers.ts'
import { NOTHING_REFUSED, type Gate, type Refusals } from './gate.ts'
import { createVariablesCheck, isStackOverflow, tooDeep } from './limits/limits.ts'
import { refuseLateRequest } from './refuse-late-requests.ts'
import { createTokenCheck } from './tokens/require-valid-token.ts'
import { createWithholding } from './withhold.ts'

export interface AdmissionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  execute: Executor
  /** Asked in this order, each about what the ones before left. */
  gates: readonly Gate[]
  /** How many operations are kept of which gates refused something. */
  cacheSize: number
  /** How deep lists and objects may nest in variables. */
  valueDepth: number
  /** Fields that are served to the bearers of worthless tokens, such as `Mutation.signIn`. */
  tokenlessFields: ReadonlySet<string>
  /** Errors suggest no names of the schema. */
  hideSchemaDetails: boolean
}

/** An operation that somebody wants to be executed. */
export interface AskedOperation {
  /** Parsed and validated; undefined when the document has none of that name. */
  operation: Operation | undefined
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
}

/**
 * Answers an operation, if everything holds that must hold before anything is fetched for it.
 *
 * @throws GraphQLError when it is refused as a whole.
 */
export type Admission = (asked: AskedOperation, context: GatewayContext) => Promise<Answer>

/** A list of a hundred thousand wrong values is not answered with as many errors. */
const MOST_VARIABLE_ERRORS = 10

/**
 * Decides on operations that were parsed and validated, before anything is fetched for them. What gates refuse is
 * withheld, and the rest is executed, unless what is refused leaves no answer at all.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { schema, execute, gates, cacheSize, hideSchemaDetails } = options
  const refuseDeepVariables = createVariablesCheck(options)
  const requireValidToken = createTokenCheck(options.tokenlessFields)
  const withholding = createWithholding({ schema, cacheSize })

  /** The variables as the operation's types and defaults make them, or why they can't be. */
  function coerce({ definition }: Operation, variables: AskedOperation['variables']) {
    const definitions = definition.variableDefinitions ?? []
    if (definitions.length === 0) return { coerced: {} }
    return getVariableValues(schema, definitions, withKnownNumbers(variables, { definitions, schema }), {
      maxErrors: MOST_VARIABLE_ERRORS,
      hideSuggestions: hideSchemaDetails,
    })
  }

  return async ({ operation, operationName, variables }, context) => {
    refuseDeepVariables(variables)
    refuseLateRequest(context.signal)
    requireValidToken(context, operation?.definition)
    if (!operation) throw refusal(whyNoOperation(operationName))
    const { operation: kind } = operation.definition
    if (!schema.getRootType(kind)) throw refusal(`There are no ${kind}s here.`)
    const { coerced, errors } = coerce(operation, variables)
    if (errors?.some(isStackOverflow)) throw tooDeep()
    if (errors) return notExecuted(errors.map((error) => badVariable(error.message, error.nodes)))
    // The specification lets a variable with a default stand where null can't, and given null it fails there.
    const undecided = operation.switches.filter((name) => typeof coerced[name] !== 'boolean')
    if (undecided.length > 0) return notExecuted(undecided.map((name) => badVariable(whyUndecided(name))))

    let fetched = operation
    let refusals: Refusals = NOTHING_REFUSED
    for (const gate of gates) {
      if (fetched.definition.selectionSet.selections.length === 0) break
      const refused = await gate(fetched, { coerced, context })
      if (refused.size === 0) continue
      refusals = new Map([...refusals, ...refused])
      const nothing = withholding.refuseWhole({ operation, refusals, coerced })
      if (nothing) return nothing
      fetched = withholding.reduce(operation, refusals)
    }
    return execute({ operation, fetched, refusals, variables, coerced, context })
  }
}

function notExecuted(errors: readonly GraphQLError[]): Answer {
  return { data: undefined, errors }
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

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } } })
}
