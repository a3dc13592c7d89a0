import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse, type GraphQLSchema } from 'graphql'
import { mockResolver, type MockRules } from '../graph/mock.ts'

/** The body of a GraphQL request. */
export interface GraphqlBody {
  query: string
  variables?: Record<string, unknown> | null
  operationName?: string | null
}

/** Answers requests to one subgraph by executing them. */
export function createSubgraph(sdl: string, rules: MockRules): (body: string) => Promise<string> {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl) })
  return async (body) => {
    const request = JSON.parse(body) as GraphqlBody | GraphqlBody[]
    if (Array.isArray(request)) return JSON.stringify(await Promise.all(request.map((one) => run(one))))
    return JSON.stringify(await run(request))
  }

  function run(body: GraphqlBody): Promise<unknown> {
    return answer(schema, body, { rules, isWhole: false })
  }
}

/** What the made-up data answers, through any schema that has it. */
export async function answer(
  schema: GraphQLSchema,
  { query, variables, operationName }: GraphqlBody,
  { rules, isWhole }: { rules: MockRules; isWhole: boolean },
): Promise<unknown> {
  return execute({
    schema,
    document: parse(query),
    fieldResolver: mockResolver(rules, { isWhole }),
    ...(variables ? { variableValues: variables } : {}),
    ...(operationName == null ? {} : { operationName }),
  })
}
