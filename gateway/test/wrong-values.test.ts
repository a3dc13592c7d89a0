import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const MANY = 1200

let graph: TinyGraph
beforeAll(async () => {
  const items = Array.from({ length: MANY }, () => ({ n: 1, strict: 2 }))
  graph = await startTinyGraph({
    items: {
      sdl: 'type Query { one: Item many: [Item] } type Item { n: Int strict: Int! }',
      resolvers: { Query: { one: () => items[0], many: () => items } },
      editAnswer: (text) => text.replaceAll('"n":1', '"n":"one"').replaceAll('"strict":2', '"strict":null'),
    },
  })
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})

describe('what a subgraph answers against its schema', () => {
  it('is null with an error that says whether it was null or another value', async () => {
    expect(await postGraphql(graph.url, { query: '{ one { n } }' })).toMatchObject({
      data: { one: { n: null } },
      errors: [{ path: ['one', 'n'], extensions: { code: 'INVALID_SUBGRAPH_VALUE' } }],
    })
    expect(await postGraphql(graph.url, { query: '{ one { strict } }' })).toMatchObject({
      data: { one: null },
      errors: [{ path: ['one', 'strict'], extensions: { code: 'NULL_IN_NON_NULL_POSITION' } }],
    })
  })

  it('has a thousand errors and one about the others, however often it occurs', async () => {
    const { data, errors } = await postGraphql(graph.url, { query: '{ many { n } }' })
    expect(data).toEqual({ many: Array.from({ length: MANY }, () => ({ n: null })) })
    expect(errors).toHaveLength(1001)
    expect(errors.at(-1)).toMatchObject({
      message: expect.stringContaining('200 more errors'),
      extensions: { code: 'INVALID_SUBGRAPH_VALUE' },
    })
    expect(errors.at(-1)?.path).toBeUndefined()
  })
})
