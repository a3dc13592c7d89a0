import { describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph } from './tiny-graph.ts'

const reference = (values: object) => ({ __resolveReference: (key: object) => ({ ...key, ...values }) })

describe('many conditions in one operation', () => {
  it('lost a field when some of four variables were true and others false', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { first: Item } type Item @key(fields: "id") { id: ID! w: Int }',
        resolvers: { Query: { first: () => ({ id: '1', w: 7 }) }, Item: reference({ w: 7 }) },
      },
      stock: {
        sdl: `type Item @key(fields: "id") { id: ID! w: Int @external x: Int ship: Int @requires(fields: "w") }`,
        resolvers: { Item: { ...reference({ x: 1 }), ship: ({ w }: { w: number }) => w * 2 } },
      },
      third: {
        sdl: 'type Item @key(fields: "id") { id: ID! y: Int z: Int }',
        resolvers: { Item: reference({ y: 2, z: 3 }) },
      },
    })
    const query = `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {
      first { x @include(if: $a) y @include(if: $b) z @include(if: $c) ship @include(if: $d) }
    }`
    const values = { x: 1, y: 2, z: 3, ship: 14 }
    for (let bits = 0; bits < 16; bits++) {
      const [a, b, c, d] = [1, 2, 4, 8].map((bit) => (bits & bit) !== 0)
      const { data, errors } = await postGraphql(graph.url, { query, variables: { a, b, c, d } })
      expect(errors).toEqual([])
      const included = Object.entries(values).filter((_, index) => [a, b, c, d][index])
      expect(data).toEqual({ first: Object.fromEntries(included) })
    }
  })

  it('took a variable of the client for the representations of a call', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { first: Item again: Item } type Item @key(fields: "id") { id: ID! }',
        resolvers: { Query: { first: () => ({ id: '1' }), again: () => ({ id: '2' }) } },
      },
      stock: {
        sdl: 'type Item @key(fields: "id") { id: ID! stock(a: Int): Int }',
        resolvers: { Item: { ...reference({}), stock: (_: unknown, { a }: { a: number }) => a } },
      },
    })
    const query = `query ($representations0: Int) {
      first { stock(a: $representations0) } again { s: stock(a: $representations0) }
    }`
    const { data } = await postGraphql(graph.url, { query, variables: { representations0: 5 } })
    expect(data).toEqual({ first: { stock: 5 }, again: { s: 5 } })
  })
})
