import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { buildSchema, getIntrospectionQuery, graphqlSync } from 'graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SDL = `
  "What is for sale."
  type Item { id: ID! color: Color old: String @deprecated(reason: "new") }
  enum Color { RED BLUE GREEN @deprecated }
  input Choice { color: Color = RED most: Int! }
  type Query { item(choice: Choice): Item name: String }
`
const schema = buildSchema(SDL)

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph(
    { items: { sdl: SDL, resolvers: { Query: { name: () => 'x' } } } },
    { OPEN_MODE: 'true' },
  )
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})

async function ask(query: string, variables: object = {}): Promise<unknown> {
  const response = await fetch(graph.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return response.json()
}

const FIELDS = 'fragment Fields on __Type { name fields(includeDeprecated: $old) { ...Field } }'
const FIELD = 'fragment Field on __Field { name isDeprecated @include(if: $more) }'

describe('introspection', () => {
  it.each<[string, string, object?]>([
    ['by name', '{ __type(name: "Item") { name description fields { name } } nothing: __type(name: "No") { name } }'],
    ['by a variable', 'query ($name: String!) { __type(name: $name) { name kind } }', { name: 'Color' }],
    [
      'with variables in fragments of fragments',
      `query ($old: Boolean, $more: Boolean!) { __type(name: "Item") { ...Fields } } ${FIELDS} ${FIELD}`,
      { old: true, more: true },
    ],
    [
      'with defaults of variables in fragments',
      `query ($old: Boolean = true, $more: Boolean = false) { __type(name: "Item") { ...Fields } } ${FIELDS} ${FIELD}`,
    ],
    [
      'in fragments of the root, with data beside it',
      `query ($no: Boolean = false) { ...Root ... @include(if: $no) { __schema { description } } }
       fragment Root on Query { name a: __type(name: "Color") { enumValues(includeDeprecated: true) { name } } }`,
    ],
    ['of what is newer than the planner', '{ name __type(name: "Choice") { isOneOf inputFields { name } } }'],
  ])('%s is answered as graphql-js does', async (_, query, variables = {}) => {
    const expected = graphqlSync({ schema, source: query, variableValues: { ...variables }, rootValue: { name: 'x' } })
    expect(expected.errors).toBeUndefined()
    for (let time = 0; time < 2; time++) {
      expect(JSON.stringify(await ask(query, variables))).toBe(JSON.stringify(expected))
    }
  })

  it('answers another client with other variables anew', async () => {
    const query = `query ($old: Boolean!, $more: Boolean!) { __type(name: "Item") { ...Fields } } ${FIELDS} ${FIELD}`
    const [all, some] = [await ask(query, { old: true, more: false }), await ask(query, { old: false, more: false })]
    expect(JSON.stringify(all)).toContain('"old"')
    expect(JSON.stringify(some)).not.toContain('"old"')
  })

  it.each([{}, { oneOf: true, inputValueDeprecation: true, schemaDescription: true, specifiedByUrl: true }])(
    'answers what tools ask for (%p)',
    async (options) => {
      const answer = await ask(getIntrospectionQuery(options))
      expect(answer).not.toHaveProperty('errors')
      expect(answer).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } })
    },
  )
})
