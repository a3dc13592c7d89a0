import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { postGraphql, type GraphqlOperation } from '@portico/testkit/post-graphql'
import { RATE_LIMIT } from './rate-limited-schema.ts'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph({
    orders: {
      sdl: `${RATE_LIMIT}
        type Query {
          open: String
          secret: String! @authenticated
          rare: String! @rateLimit(limit: 1)
        }
        type Mutation {
          pay: String
          refund: String! @authenticated
          order: String! @rateLimit(limit: 1)
          reorder: String @rateLimit(limit: 1)
        }`,
      resolvers: {
        Query: { open: () => 'open', secret: () => 'secret', rare: () => 'rare' },
        Mutation: { pay: () => 'paid', refund: () => 'back', order: () => 'ordered', reorder: () => 'again' },
      },
    },
  })
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})

async function ask(operation: GraphqlOperation) {
  const before = graph.requests.length
  // Asked for by its own type, an answer without data has the status of its error.
  const answer = await postGraphql(graph.url, operation, { accept: 'application/graphql-response+json' })
  return { ...answer, asked: graph.requests.slice(before).map(({ query }) => query) }
}

describe('a refused field at the root that may not be null', () => {
  it.each(['mutation { pay refund }', 'mutation { refund pay }', '{ open s: secret }'])(
    'leaves no answer, so that nothing is executed where it demands a viewer: %s',
    async (query) => {
      const { status, data, errors, asked } = await ask({ query })
      expect({ status, data, asked }).toEqual({ status: 200, data: null, asked: [] })
      expect(errors).toMatchObject([
        {
          message: 'Unauthorized field or type',
          path: [query.startsWith('{') ? 's' : 'refund'],
          extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
        },
      ])
    },
  )

  it('was executed with its siblings and then answered with 429, so that clients repeated their mutations', async () => {
    const query = 'mutation { pay order }'
    expect(await ask({ query })).toMatchObject({ status: 200, data: { pay: 'paid', order: 'ordered' } })
    const { status, headers, data, errors, asked } = await ask({ query })
    expect({ status, data, asked }).toEqual({ status: 429, data: null, asked: [] })
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(errors).toMatchObject([{ path: ['order'], extensions: { code: 'RATE_LIMITED' } }])

    expect(await ask({ query: '{ open rare }' })).toMatchObject({ status: 200, asked: [expect.any(String)] })
    expect(await ask({ query: '{ open rare }' })).toMatchObject({ status: 429, data: null, asked: [] })
  })

  it('does not matter when it is left out, and lets others be answered when it may be null', async () => {
    const query = 'mutation ($no: Boolean!) { pay refund @include(if: $no) ... @skip(if: true) { refund } }'
    expect(await ask({ query, variables: { no: false } })).toMatchObject({ data: { pay: 'paid' }, errors: [] })
    await ask({ query: 'mutation { reorder }' })
    expect(await ask({ query: 'mutation { pay reorder }' })).toMatchObject({ data: { pay: 'paid', reorder: null } })
  })
})

describe('null for a variable with a default that decides what is selected', () => {
  it.each([
    'query ($x: Boolean = true) { open @skip(if: $x) }',
    'query ($x: Boolean = false) { open ...F } fragment F on Query { again: open @include(if: $x) }',
    'mutation ($x: Boolean = true) { pay ... @include(if: $x) { again: pay } }',
  ])('is refused before anything is executed, and was an internal error: %s', async (query) => {
    const { status, data, errors, asked } = await ask({ query, variables: { x: null } })
    expect({ status, data, asked }).toEqual({ status: 400, data: undefined, asked: [] })
    expect(errors).toMatchObject([
      { message: expect.stringContaining('"$x" must not be null'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect((await ask({ query })).errors).toEqual([])
  })
})
