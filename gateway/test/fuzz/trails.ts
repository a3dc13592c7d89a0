import { execute, parse, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { createNode, isNode, newCourse, resolveField } from './data.ts'
import type { Request } from './executable.ts'
import type { Graph, GraphField } from './graph.ts'

export type Path = readonly (string | number)[]

/** A field of an answer. */
export interface Passed {
  path: Path
  /** Of the object that it is a field of. */
  type: string
  name: string
  /** Undefined: a key, or `__typename`. */
  field: GraphField | undefined
}

/** Finds the fields of the right answer above a path, at it, and below: also those that an error makes null. */
export type FindPassed = (path: Path) => readonly Passed[]

/** Executes an operation on the world to see through which fields the paths of its answer lead. */
export async function readTrails(
  { graph, schema }: { graph: Graph; schema: GraphQLSchema },
  { query, variables = {}, operationName }: Request,
): Promise<FindPassed> {
  const passed: Passed[] = []
  const course = newCourse()
  await execute({
    schema,
    document: parse(query),
    variableValues: variables,
    operationName: operationName ?? null,
    typeResolver: (value: unknown) => (isNode(value) ? value.__typename : undefined),
    fieldResolver(source: unknown, values: Record<string, unknown>, _, info) {
      const node = isNode(source) ? source : createNode(info.parentType.name, 0)
      const { fieldName: name } = info
      passed.push({ path: pathOf(info), type: node.type, name, field: graph.types.get(node.type)?.fields.get(name) })
      return resolveField(graph, { node, field: name, values }, { subgraph: undefined, course })
    },
  })
  return (path) => passed.filter((one) => one.path.every((key, index) => index >= path.length || key === path[index]))
}

export function pathOf(info: GraphQLResolveInfo): (string | number)[] {
  const keys: (string | number)[] = []
  for (let at: GraphQLResolveInfo['path'] | undefined = info.path; at; at = at.prev) keys.unshift(at.key)
  return keys
}

/** A place where two answers differ, with nothing above it that does. */
export interface Place {
  path: Path
  /** `lost`: the second has no such field; `null`: it has null there; `added`: only it has one, or a value. */
  kind: 'lost' | 'null' | 'added' | 'length' | 'other'
  first: unknown
}

/** Where the second of two values differs; the order of fields does not count. */
export function placesOf(first: unknown, second: unknown, path: Path = []): Place[] {
  if (Array.isArray(first) && Array.isArray(second)) {
    if (first.length !== second.length) return [{ path, kind: 'length', first }]
    return first.flatMap((item: unknown, index) => placesOf(item, second[index], [...path, index]))
  }
  if (isObject(first) && isObject(second)) {
    const added = Object.keys(second).filter((name) => !Object.hasOwn(first, name))
    return [
      ...Object.keys(first).flatMap((name) =>
        Object.hasOwn(second, name)
          ? placesOf(Reflect.get(first, name), Reflect.get(second, name), [...path, name])
          : [{ path: [...path, name], kind: 'lost' as const, first: Reflect.get(first, name) as unknown }],
      ),
      ...added.map((name) => ({ path: [...path, name], kind: 'added' as const, first: undefined })),
    ]
  }
  if (JSON.stringify(first) === JSON.stringify(second)) return []
  const kind = second === null ? 'null' : first === null ? 'added' : 'other'
  return [{ path, kind, first }]
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !JSON.isRawJSON(value)
}
