import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const broken = { resolvers: {}, editAnswer: () => '<html>' }

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph({
    shelf: {
      sdl: `type Query { media: [Media] film: Film shared: Shared @shareable }
        interface Media { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! title: String }
        type Film implements Media @key(fields: "id") { id: ID! title: String }
        type Shared @shareable { here: Int } extend type Shared { list: [Part] @shareable } type Part @shareable { here: Int }`,
      resolvers: {
        Query: {
          media: () => [
            { __typename: 'Book', id: '1', title: 'a' },
            { __typename: 'Film', id: '2', title: 'b' },
          ],
          film: () => ({ id: '2', title: 'b' }),
          shared: () => ({ here: 1, list: [{ here: 2 }, { here: 3 }] }),
        },
      },
    },
    details: {
      sdl: `type Query { shared: Shared @shareable }
        type Shared @shareable { there: Int list: [Part] } type Part @shareable { there: Int }
        type Book @key(fields: "id") { id: ID! pages: Int words: Int }
        type Film @key(fields: "id") @key(fields: "code") { id: ID! code: ID! minutes: Int }`,
      ...broken,
    },
    ages: {
      sdl: `type Book @key(fields: "id") {
        id: ID! words: Int @external hours: Int @requires(fields: "words") }`,
      resolvers: {},
    },
    prices: {
      sdl: 'type Film @key(fields: "code") { code: ID! price: Int secret: Int @authenticated }',
      resolvers: {},
    },
  })
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})

async function pathsOfErrors(query: string, variables: object = {}): Promise<unknown> {
  const { errors } = await postGraphql(graph.url, { query, variables: { ...variables } })
  return errors.map(({ path }) => path)
}

describe('when a subgraph does not answer, an error', () => {
  it('is told of each field that is null because of it, of those that objects of its type are asked for', async () => {
    const query = '{ media { ... on Book { pages words } ... on Film { minutes } } }'
    expect(await pathsOfErrors(query)).toEqual([
      ['media', 0, 'pages'],
      ['media', 0, 'words'],
      ['media', 1, 'minutes'],
    ])
  })

  it('is told of no field that a condition leaves out', async () => {
    const query = `query ($no: Boolean!) {
      media { ... on Book { pages @include(if: $no) words } ... @include(if: $no) { ... on Film { minutes } } }
    }`
    expect(await pathsOfErrors(query, { no: false })).toEqual([['media', 0, 'words']])
  })

  it('is told of what a lost key would have led to, not of the key, though it is asked for elsewhere', async () => {
    expect(await pathsOfErrors('{ film { price title } media { ... on Film { minutes } } }')).toEqual([
      ['film', 'price'],
      ['media', 1, 'minutes'],
    ])
    expect(await pathsOfErrors('{ film { price } media { ... on Film { code } } }')).toEqual([
      ['film', 'price'],
      ['media', 1, 'code'],
    ])
  })

  it('is told of what requires a lost field, though that is asked for itself', async () => {
    expect(await pathsOfErrors('{ media { ... on Book { words hours } } }')).toEqual([
      ['media', 0, 'words'],
      ['media', 0, 'hours'],
    ])
  })

  it('is told of no field that is refused anyway', async () => {
    const { errors } = await postGraphql(graph.url, { query: '{ film { price secret } }' })
    expect(errors).toMatchObject([
      { path: ['film', 'price'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
      { path: ['film', 'secret'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
  })

  it('is told of the fields of a shared object that only this subgraph has', async () => {
    const { data, errors } = await postGraphql(graph.url, {
      query: '{ shared { here again: there list { here there } } }',
    })
    expect(data).toEqual({
      shared: {
        here: 1,
        again: null,
        list: [
          { here: 2, there: null },
          { here: 3, there: null },
        ],
      },
    })
    expect(errors.map(({ path }) => path)).toEqual([
      ['shared', 'again'],
      ['shared', 'list', 0, 'there'],
      ['shared', 'list', 1, 'there'],
    ])
  })
})
