import { Kind, parse, validate, type GraphQLError, type GraphQLSchema } from 'graphql'
import { NOTHING_REFUSED, type Refusals } from '../src/admission/gate.ts'
import { toOperation } from '../src/admission/operations.ts'
import { compileCompletion, type Completion } from '../src/execute/completion/compile.ts'
import type { Operation } from '../src/operation.ts'

export interface Completed {
  /** What the answer says, parsed; `text` is what it was parsed from. */
  data: unknown
  text: string | undefined
  errors: { path: GraphQLError['path']; code: unknown; message: string }[]
}

export interface CompletedOptions {
  variables?: Readonly<Record<string, unknown>>
  refusals?: Refusals
  clientNames?: ReadonlyMap<string, string>
  introspection?: ReadonlyMap<string, string>
  errors?: readonly GraphQLError[]
}

/** A valid operation of a document that has no other. */
export function operationOf(schema: GraphQLSchema, source: string): Operation {
  const document = parse(source)
  const [mistake] = validate(schema, document)
  if (mistake) throw mistake
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error('There is no operation.')
  return toOperation(document, definition, source)
}

/** Runs a compiled completion over a tree. */
export function runCompletion(completion: Completion, data: unknown, options: CompletedOptions = {}): Completed {
  const { variables = {}, refusals = NOTHING_REFUSED, introspection = new Map<string, string>(), errors = [] } = options
  const completeWith = (hasEscapes: boolean) =>
    completion.complete({ data, coerced: variables, hasEscapes, refusals, introspection, errors })
  const answer = completeWith(true)
  if (!holdsEscapes(data) && completeWith(false).data !== answer.data) throw new Error('Two ways to write it differ.')
  return {
    data: answer.data === undefined ? undefined : JSON.parse(answer.data),
    text: answer.data,
    errors: answer.errors.map(({ path, extensions, message }) => ({ path, code: extensions['code'], message })),
  }
}

/** Whether JSON escapes anything in a tree; one that is too deep to tell may have it. */
function holdsEscapes(data: unknown): boolean {
  try {
    return JSON.stringify({ data }, (_key, value: unknown) => (typeof value === 'symbol' ? null : value)).includes('\\')
  } catch {
    return true
  }
}

/** Compiles an operation and completes a tree once. */
export function complete(
  schema: GraphQLSchema,
  source: string,
  data: unknown,
  options: CompletedOptions = {},
): Completed {
  const { refusals = NOTHING_REFUSED, clientNames = new Map<string, string>() } = options
  const refused = new Set(refusals.keys())
  const completion = compileCompletion(operationOf(schema, source), { schema, clientNames, refused })
  return runCompletion(completion, data, options)
}
