import {
  executeSync,
  GraphQLError,
  isNonNullType,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql'
import { MOST_ERRORS, summaryOf } from '../execute/error-bound.ts'
import type { Answer } from '../execute/executor.ts'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import { INTROSPECTION, shapeOf } from './answer-shape.ts'
import { responseNameOf } from './field-sites.ts'
import { refusalAt, type Refusal, type Refusals } from './gate.ts'
import { decidesSelection } from './operations.ts'
import { typenameKey } from './reduce.ts'

export interface WithheldFields {
  operation: Operation
  refusals: Refusals
  /** The variables, coerced. */
  coerced: Readonly<Record<string, unknown>>
}

export interface RestoringOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** Of how many operations it is kept how their answers look. */
  cacheSize: number
}

type ResponsePath = GraphQLResolveInfo['path']

/** What of an operation says how its answer looks. */
interface Outline {
  document: DocumentNode
  /** By what name objects of the answer tell their type. */
  typename: string
}

/**
 * Restores answers: executes the whole operation over the data that is there, by the rules of the specification for null,
 * errors, paths and the order of fields. What was refused throws; everything else is passed on as it is.
 */
export function createRestoring(options: RestoringOptions): (answer: Answer, withheld: WithheldFields) => Answer {
  const schema = shapeOf(options.schema)
  const outlines = createOperationCache<Outline>({ maxEntries: options.cacheSize })

  return (answer, { operation, refusals, coerced }) => {
    if (!answer.data) return answer
    const { document, typename } = outlines.get(operation, () => outlineOf(operation))
    const room = MOST_ERRORS - (answer.errors?.length ?? 0)
    const decided = new Map<readonly FieldNode[], Refusal | undefined>()
    const thrown = new Set<Error>()
    let untold: Refusal | undefined
    let refused = 0

    function refuse(refusal: Refusal, { path, returnType }: GraphQLResolveInfo): null {
      refused += 1
      if (refused > room) {
        untold ??= refusal
        if (!isNonNullType(returnType)) return null
        throw UNTOLD
      }
      const error = toError(refusal, pathFrom(path))
      thrown.add(error)
      throw error
    }

    const { data = null, errors = [] } = executeSync({
      schema,
      document,
      rootValue: answer.data,
      variableValues: coerced,
      fieldResolver(source: Readonly<Record<string, unknown>>, _args, _context, info) {
        // One list of nodes stands for a field on one type at one path, whatever the indices.
        const { fieldNodes, path, parentType } = info
        if (!decided.has(fieldNodes)) decided.set(fieldNodes, refusalAt(refusals, withoutIndices(path), parentType))
        const refusal = decided.get(fieldNodes)
        return refusal ? refuse(refusal, info) : source[path.key]
      },
      typeResolver: (object: Readonly<Record<string, unknown>>) => String(object[typename]),
    })
    // Every other null was there already, and whoever put it there said why.
    const told = [...(answer.errors ?? []), ...errors.filter((error) => thrown.has(error))]
    if (untold) told.push(summaryOf(toError(untold), refused - Math.max(room, 0)))
    return told.length > 0 ? { ...answer, data, errors: told } : { ...answer, data }
  }
}

/** Stands for all errors that are not told; graphql-js copies no error that has a path. */
const UNTOLD = new GraphQLError('', { path: [] })

/** The error of a refused field. */
export function toError({ message, code, extensions }: Refusal, path?: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: { ...extensions, code } })
}

/** The operation over `shapeOf` its schema: names, fragments and conditions, but no arguments. */
function outlineOf(operation: Operation): Outline {
  const switches = new Set(operation.switches)
  const document = visit(operation.document, {
    OperationDefinition: ({ variableDefinitions = [], ...definition }) => ({
      ...definition,
      variableDefinitions: variableDefinitions.filter(({ variable }) => switches.has(variable.name.value)),
    }),
    Field({ selectionSet, ...field }): FieldNode {
      const outlined = { kind: Kind.FIELD, name: field.name, directives: field.directives ?? [] } as const
      if (field.name.value === '__schema' || field.name.value === '__type') {
        const alias = { kind: Kind.NAME, value: responseNameOf(field) } as const
        return { ...outlined, alias, name: { kind: Kind.NAME, value: INTROSPECTION } }
      }
      return { ...outlined, ...(field.alias && { alias: field.alias }), ...(selectionSet && { selectionSet }) }
    },
    Directive: (directive) => (decidesSelection(directive) ? undefined : null),
  })
  return { document, typename: typenameKey(operation) }
}

function pathFrom({ prev, key }: ResponsePath): (string | number)[] {
  return prev ? [...pathFrom(prev), key] : [key]
}

function withoutIndices({ prev, key }: ResponsePath): string {
  const parent = prev && withoutIndices(prev)
  if (typeof key === 'number') return parent ?? ''
  return parent === undefined ? key : `${parent}.${key}`
}
