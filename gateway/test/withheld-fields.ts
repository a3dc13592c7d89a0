import {
  executeSync,
  GraphQLError,
  Kind,
  parse,
  print,
  validate,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import type { Refusals } from '../src/admission/gate.ts'
import type { Operation } from '../src/operation.ts'
import { toOperation as operationFrom } from '../src/admission/operations.ts'
import { createWithholding } from '../src/admission/withhold.ts'

type Variables = Record<string, unknown>

export interface Withheld {
  /** What was left of the operation. */
  reduced: Operation
  /** Its text. */
  text: string
  answer: ExecutionResult
}

/** A schema with data, and the operations that are executed over it with fields withheld. */
export interface Shop {
  schema: GraphQLSchema
  data: unknown
}

/** An operation as admission has it; it must be valid. */
export function toOperation(schema: GraphQLSchema, source: string): Operation {
  const document = parse(source)
  const [mistake] = validate(schema, document)
  if (mistake) throw mistake
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error('There is no operation.')
  return operationFrom(document, definition, source)
}

/** Executes what is left of an operation over data with graphql-js, and restores the answer. */
export function withhold(shop: Shop, source: string, refusals: Refusals, variables: Variables = {}): Withheld {
  const { schema, data } = shop
  const operation = toOperation(schema, source)
  const withholding = createWithholding({ schema, cacheSize: 10 })
  const reduced = withholding.reduce(operation, refusals)
  const text = print(reduced.document)
  const isEmpty = reduced.definition.selectionSet.selections.length === 0
  if (!isEmpty) {
    const [mistake] = validate(schema, parse(text))
    if (mistake) throw new Error(`${mistake.message}\n${text}`)
  }
  const left = isEmpty ? { data: {} } : execute({ schema, data }, reduced, variables)
  const answer = withholding.restore(left, { operation, refusals, coerced: variables })
  return { reduced, text, answer: JSON.parse(JSON.stringify(answer)) as ExecutionResult }
}

/** What the answer must be: that of the whole operation where the refused fields throw. */
export function expected(shop: Shop, source: string, refusals: Refusals, variables: Variables = {}): ExecutionResult {
  const operation = toOperation(shop.schema, source)
  const answer = execute(shop, operation, variables, (from, _args, _context, info) => {
    const path: string[] = []
    for (let at: typeof info.path | undefined = info.path; at; at = at.prev) {
      if (typeof at.key === 'string') path.unshift(at.key)
    }
    const refusal = refusals.get(path.join('.')) ?? refusals.get(`${path.join('.')}@${info.parentType.name}`)
    if (refusal) throw new GraphQLError(refusal.message, { extensions: { ...refusal.extensions, code: refusal.code } })
    return (from as Record<string, unknown>)[info.fieldName]
  })
  return JSON.parse(JSON.stringify(answer)) as ExecutionResult
}

function execute(
  { schema, data }: Shop,
  { definition, fragments }: Operation,
  variables: Variables,
  fieldResolver?: GraphQLFieldResolver<unknown, unknown>,
): ExecutionResult {
  return executeSync({
    schema,
    document: { kind: Kind.DOCUMENT, definitions: [definition, ...Object.values(fragments)] },
    rootValue: data,
    variableValues: variables,
    ...(fieldResolver && { fieldResolver }),
  })
}
