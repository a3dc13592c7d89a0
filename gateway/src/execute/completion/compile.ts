import type { GraphQLError, GraphQLSchema } from 'graphql'
import { isJsonObject } from '../../lossless-json.ts'
import type { Refusals } from '../../admission/gate.ts'
import type { Operation } from '../../operation.ts'
import type { Answer } from '../answer.ts'
import { generate } from '../code.ts'
import { generateProgram } from './generate.ts'
import { createReports } from './reports.ts'

export interface CompletionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** The client's response names, where they are others than those of the operation. */
  clientNames: ReadonlyMap<string, string>
  /** Interfaces whose objects may not tell of what type they are. */
  interfaceObjects?: ReadonlySet<string>
  /** The keys of `Refusals`, in the client's response names. */
  refused: ReadonlySet<string>
}

export interface CompletionRequest {
  /** The root object of the tree, under the operation's response names; what is no object has no fields. */
  data: unknown
  /** The variables that `@skip` and `@include` depend on, which are booleans. */
  coerced: Readonly<Record<string, unknown>>
  /** Why fields are refused, for each of `CompletionOptions.refused`. */
  refusals: Refusals
  /** The JSON texts of `__schema` and `__type`, by the operation's response names. */
  introspection: ReadonlyMap<string, string>
  /** What fetches have reported, with paths in the client's terms. */
  errors: readonly GraphQLError[]
}

/** Completes the values of one operation, for anybody. */
export interface Completion {
  complete(request: CompletionRequest): Answer
}

type Run = (root: object, variables: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | undefined

const NOTHING = {}

/**
 * Compiles what makes an operation's answer of what fetches have brought. Each value is completed once, by generated code
 * that knows its place, into new objects with exactly what the client asked for, in its order, whose text the engine's own
 * writer makes: nothing written in JavaScript is faster.
 *
 * Null that nobody answered is no error where it may be: an entity that a subgraph does not have is so.
 *
 * Source: https://spec.graphql.org/September2025/#sec-Executing-Selection-Sets
 *
 * @throws GraphQLError `LIMIT_EXCEEDED` when the operation comes to too much, its fragments spread for each type.
 */
export function compileCompletion(operation: Operation, options: CompletionOptions): Completion {
  const root = options.schema.getRootType(operation.definition.operation)
  if (!root) throw new Error(`The schema has no ${operation.definition.operation}.`)
  const { source, sites, refusedAs, enums, kinds, introspected } = generateProgram({ ...options, operation, root })
  const at: number[] = []
  const reports = createReports({ sites, refusedAs, indices: at })
  const run = generate(source, { ...reports.complaints, at, enums, kinds }) as Run

  return {
    complete({ data, coerced, introspection, errors, refusals }) {
      reports.begin({ errors, refusals })
      const answered = run(isJsonObject(data) ? data : NOTHING, coerced)
      const text = introspected.size === 0 ? JSON.stringify : withTexts(introspected, introspection)
      return { data: answered ? text(answered) : 'null', errors: reports.end() }
    },
  }
}

/** Writes an object of which some properties are texts already. */
function withTexts(keys: ReadonlyMap<string, string>, texts: ReadonlyMap<string, string>) {
  const textOf = (name: string, value: unknown) => {
    const key = keys.get(name)
    return key === undefined ? JSON.stringify(value) : (texts.get(key) ?? 'null')
  }
  return (object: Readonly<Record<string, unknown>>): string =>
    `{${Object.entries(object)
      .map(([name, value]) => `${JSON.stringify(name)}:${textOf(name, value)}`)
      .join()}}`
}
