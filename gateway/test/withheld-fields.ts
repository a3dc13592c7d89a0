import {
  executeSync,
  GraphQLError,
  Kind,
  parse,
  print,
  validate,
  visit,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import type { Refusals } from '../src/admission/gate.ts'
import { withDocument, type Operation } from '../src/operation.ts'
import { toOperation as operationFrom } from '../src/admission/operations.ts'
import { createWithholding } from '../src/admission/withhold.ts'
import { compileCompletion } from '../src/execute/completion/compile.ts'
import { compileIntrospection } from '../src/execute/introspection.ts'
import { findResponseNames, type ResponseNames } from '../src/plan/response-names.ts'

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

/** Executes what is left of an operation over data with graphql-js, and completes the answer. */
export function withhold(shop: Shop, source: string, refusals: Refusals, variables: Variables = {}): Withheld {
  const { schema, data } = shop
  const operation = toOperation(schema, source)
  const names = findResponseNames(operation, new Set())
  const reduced = createWithholding({ schema, cacheSize: 10 }).reduce(operation, refusals)
  const asked = isolated(reduced, names)
  const text = print(asked.document)
  const isEmpty = asked.definition.selectionSet.selections.length === 0
  if (!isEmpty) {
    const [mistake] = validate(schema, parse(text))
    if (mistake) throw new Error(`${mistake.message}\n${text}`)
  }
  const left = isEmpty ? { data: {} } : execute({ schema, data }, asked, variables)
  const whole = isolated(operation, names)
  const completion = compileCompletion(whole, {
    schema,
    clientNames: names.clientNames,
    refused: new Set(refusals.keys()),
  })
  const told = completion.complete({
    data: JSON.parse(JSON.stringify(left.data ?? null)),
    coerced: variables,
    hasEscapes: true,
    refusals,
    introspection: compileIntrospection(whole, schema)(variables),
    errors: left.errors ?? [],
  })
  const errors = told.errors.length > 0 ? `"errors":${JSON.stringify(told.errors)},` : ''
  const answer = JSON.parse(`{${errors}"data":${told.data}}`) as ExecutionResult
  return { reduced, text, answer }
}

/** As `plan/isolate.ts` does it. */
function isolated(operation: Operation, { internalOf }: ResponseNames): Operation {
  const document = visit(operation.document, {
    Field(field) {
      const name = internalOf(field)
      return name === undefined ? undefined : { ...field, alias: { kind: Kind.NAME, value: name } }
    },
  })
  return withDocument(operation, document)
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
