import type { GraphQLError, GraphQLSchema } from 'graphql'
import { isJsonObject } from '../../lossless-json.ts'
import type { Refusals } from '../../admission/gate.ts'
import type { Operation } from '../../operation.ts'
import type { Answer } from '../answer.ts'
import { generate } from '../code.ts'
import { jsonText } from '../json-text.ts'
import { generateProgram } from './generate.ts'
import { createReports, type Reports } from './reports.ts'

export interface CompletionOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** The client's response names, where they are others than those of the operation. */
  clientNames: ReadonlyMap<string, string>
  /** Interfaces whose objects may not tell of what type they are. */
  interfaceObjects?: ReadonlySet<string>
  /** The keys of `Refusals`, in the client's response names. */
  refused: ReadonlySet<string>
  /** The places of the tree where one object stands for all that say the same: it is completed once. Default: none. */
  united?: ReadonlySet<string>
}

export interface CompletionRequest {
  /** The root object of the tree, under the operation's response names; what is no object has no fields. */
  data: unknown
  /** The variables that `@skip` and `@include` depend on, which are booleans. */
  coerced: Readonly<Record<string, unknown>>
  /** Why fields are refused, for each of `CompletionOptions.refused`. */
  refusals: Refusals
  /** Whether strings of it may hold what JSON escapes; if not, they need not be looked at. */
  hasEscapes: boolean
  /** The JSON texts of `__schema` and `__type`, by the operation's response names. */
  introspection: ReadonlyMap<string, string>
  /** What fetches have reported, with paths in the client's terms. */
  errors: readonly GraphQLError[]
}

/** Completes the values of one operation, for anybody. */
export interface Completion {
  complete(request: CompletionRequest): Answer
}

type Run = (root: object, variables: CompletionRequest['coerced'], hasEscapes: boolean) => string | undefined

const NOTHING = {}
const NOWHERE: ReadonlySet<string> = new Set()
const NO_TEXTS: ReadonlyMap<string, string> = new Map()

/**
 * Compiles what makes an operation's answer of what fetches have brought. Each value is completed once, by generated code
 * that knows its place, into the text of exactly what the client asked for, in its order. Most answers hold no string that
 * JSON would escape, which is known from what subgraphs sent: then nothing looks at the characters of strings, and writing
 * takes half of what `JSON.stringify` needs for objects that are there already.
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
  const { source, sites, refusedAs, enums, kinds } = generateProgram({ united: NOWHERE, ...options, operation, root })
  const at: number[] = []
  let texts: CompletionRequest['introspection'] = NO_TEXTS
  const introspected = (name: string) => texts.get(name) ?? 'null'
  const reports = createReports({ sites, refusedAs, indices: at })
  const keep = createKeep(reports)
  const run = generate(source, {
    ...reports.complaints,
    keep,
    introspected,
    escaped: jsonText,
    at,
    enums,
    kinds,
  }) as Run

  return {
    complete({ data, coerced, hasEscapes, introspection, errors, refusals }) {
      reports.begin({ errors, refusals })
      texts = introspection
      const text = run(isJsonObject(data) ? data : NOTHING, coerced, hasEscapes)
      texts = NO_TEXTS
      return { data: text ?? 'null', errors: reports.end() }
    },
  }
}

/** Completes an object, and keeps the text with it under a key unless there was anything to say about its place. */
function createKeep({ countComplaints }: Reports) {
  return (object: Record<symbol, string>, key: symbol, write: (value: unknown) => string | undefined) => {
    const count = countComplaints()
    const text = write(object)
    if (text !== undefined && countComplaints() === count) object[key] = text
    return text
  }
}
