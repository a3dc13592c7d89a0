import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const LEVELS = 100_000
const deep = '['.repeat(LEVELS) + ']'.repeat(LEVELS)

let graph: TinyGraph
let made = 0
beforeAll(async () => {
  graph = await startTinyGraph(
    {
      items: {
        sdl: `scalar Any type Query { item(tags: Any): Item } type Mutation { make(tags: Any): Item }
          type Item @key(fields: "id") { id: ID! size: Any }`,
        resolvers: {
          Query: { item: () => ({ id: '1', size: 'DEEP' }) },
          Mutation: { make: () => ((made += 1), { id: '1', size: 'DEEP' }) },
        },
        editAnswer: (text) => text.replaceAll('"DEEP"', deep),
      },
      prices: {
        sdl: `scalar Any type Item @key(fields: "id") {
          id: ID! size: Any @external price: Int @requires(fields: "size") }`,
        resolvers: {},
      },
    },
    { LOG_LEVEL: 'error', OPEN_MODE: 'true' },
  )
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})
beforeEach(() => {
  made = 0
})

async function ask(query: string, variables = '{}'): Promise<{ status: number; body: unknown }> {
  const response = await fetch(graph.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  })
  return { status: response.status, body: await response.json() }
}

describe('who runs out of stack', () => {
  it('before anything was fetched refuses what is nested too deeply', async () => {
    const query = 'mutation ($tags: Any) { make(tags: $tags) { id } }'
    expect(await ask(query, `{"tags":${deep}}`)).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'depth' } }] },
    })
    expect(made).toBe(0)
  })

  it('after something was fetched has failed inside: a mutation may have been executed', async () => {
    expect(await ask('mutation { make { price } }')).toEqual({
      status: 500,
      body: {
        errors: [
          {
            message: 'Internal server error.',
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) },
          },
        ],
      },
    })
    expect(made).toBe(1)
    expect(graph.logged.find(({ msg }) => msg === 'request failed inside the gateway')).toMatchObject({
      level: 'error',
      err: { message: 'Maximum call stack size exceeded' },
    })
  })
})
