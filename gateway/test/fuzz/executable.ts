import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js'
import {
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql'
import { createNode, isNode, newCourse, nodeOf, resolveField, type Course } from './data.ts'
import type { Graph } from './graph.ts'
import { keepDigits } from './inputs.ts'

export interface Request {
  query: string
  variables?: Record<string, unknown>
  operationName?: string
}

interface ExecuteOptions {
  graph: Graph
  schema: GraphQLSchema
  document: DocumentNode
  /** Undefined: the monolith. */
  subgraph: string | undefined
  course: Course
}

async function run({ variables, operationName }: Request, options: ExecuteOptions): Promise<ExecutionResult> {
  const { graph, schema, document, subgraph, course } = options
  return execute({
    schema,
    document,
    variableValues: variables ?? {},
    operationName: operationName ?? null,
    fieldResolver(source: unknown, values: Record<string, unknown>, _, { fieldName, parentType }) {
      const node = isNode(source) ? source : createNode(parentType.name, 0)
      return resolveField(graph, { node, field: fieldName, values }, { subgraph, course })
    },
    typeResolver: (value: unknown) => (isNode(value) ? value.__typename : undefined),
  })
}

/** Runs operations as one schema on the same data would. */
export function createMonolith(graph: Graph, schema: GraphQLSchema): (request: Request) => Promise<ExecutionResult> {
  keepDigits(schema)
  return (request) =>
    run(request, { graph, schema, document: parse(request.query), subgraph: undefined, course: newCourse() })
}

/** Runs what a subgraph is asked, as graphql-js and `@apollo/subgraph` would. */
export function createSubgraph(
  graph: Graph,
  subgraph: string,
): (request: Request, course: Course) => Promise<ExecutionResult> {
  const resolvers: Record<string, object> = {}
  const typeDefs = parse(graph.sdl.get(subgraph) ?? '')
  for (const type of graph.types.values()) {
    if (type.kind !== 'entity' && type.kind !== 'interface-object') continue
    if (!graph.declared.get(subgraph)?.has(type.name)) continue
    resolvers[type.name] = {
      // Rejects, rather than throws, so that one bad representation fails alone.
      async __resolveReference(sent: Record<string, unknown>) {
        const node = nodeOf(type.name, sent)
        return graph.types.get(node.type)?.unknown.get(subgraph)?.has(node.number) ? null : node
      },
    }
  }
  const schema = keepDigits(buildSubgraphSchema([{ typeDefs, resolvers: resolvers as GraphQLResolverMap<unknown> }]))
  const documents = new Map<string, DocumentNode>()
  return async (request, course) => {
    let document = documents.get(request.query)
    if (!document) {
      document = parse(request.query)
      const errors = validate(schema, document)
      if (errors.length > 0)
        return { errors: errors.map(({ message }) => new GraphQLError(`INVALID FETCH: ${message}`)) }
      documents.set(request.query, document)
    }
    return run(request, { graph, schema, document, subgraph, course })
  }
}
