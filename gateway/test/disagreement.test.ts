import { describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph } from './tiny-graph.ts'

const TYPES = `type Part @shareable { id: ID! } extend type Part`

/** What `parts` is answered, of type `type`, when two subgraphs answer it so; each of them has one field of `Part`. */
async function answered(type: string, [first, second]: readonly [unknown, unknown]): Promise<unknown> {
  const sdl = (field: string) => `type Query { parts: ${type} @shareable } ${TYPES} { ${field}: Int }`
  await using graph = await startTinyGraph({
    one: { sdl: sdl('a'), resolvers: { Query: { parts: () => first } } },
    other: { sdl: sdl('b'), resolvers: { Query: { parts: () => second } } },
  })
  const { data, errors } = await postGraphql(graph.url, { query: '{ parts { a b } }' })
  return { data, errors: errors.map(({ message, path, extensions }) => [message, path, extensions?.['code']]) }
}

const a = (value: number) => ({ id: '1', a: value })
const b = (value: number) => ({ id: '1', b: value })

describe('two subgraphs that answer one list', () => {
  const error = (...path: (string | number)[]) => [
    'Subgraphs disagree about field Query.parts.',
    path,
    'INVALID_SUBGRAPH_VALUE',
  ]

  it('are both believed when it is as long', async () => {
    expect(
      await answered('[Part]', [
        [a(1), null],
        [b(2), b(3)],
      ]),
    ).toEqual({
      data: {
        parts: [
          { a: 1, b: 2 },
          { a: null, b: 3 },
        ],
      },
      errors: [],
    })
  })

  it('are neither believed when the second is shorter, or longer: the list is null, with an error', async () => {
    const lengths = [
      [[a(1), a(2)], [b(3)]],
      [[a(1)], [b(2), b(3)]],
      [[], [b(1)]],
    ] as const
    for (const lists of lengths) {
      expect(await answered('[Part!]', lists)).toEqual({ data: { parts: null }, errors: [error('parts')] })
    }
  })

  it('null what is around it where it can not be null', async () => {
    expect(await answered('[Part!]!', [[a(1)], []])).toEqual({ data: null, errors: [error('parts')] })
  })

  it('lose only the list within a list about which they disagree', async () => {
    const lists = [
      [[a(1)], [a(2)]],
      [[b(3)], [b(4), b(5)]],
    ] as const
    expect(await answered('[[Part]]', lists)).toEqual({
      data: { parts: [[{ a: 1, b: 3 }], null] },
      errors: [error('parts', 1)],
    })
  })

  it('do not disagree when one of them has none: what the other knows is answered', async () => {
    expect(await answered('[Part]', [null, [b(1)]])).toEqual({ data: { parts: [{ a: null, b: 1 }] }, errors: [] })
  })
})

describe('two subgraphs that answer one object', () => {
  it('are neither believed when they tell other types of it', async () => {
    const sdl = (field: string) => `type Query { pet: Pet @shareable } interface Pet { name: Int }
      type Cat implements Pet @shareable { name: Int } type Dog implements Pet @shareable { name: Int }
      extend type Cat { ${field}: Int } extend type Dog { ${field}: Int }`
    const answering = (__typename: string, object: object) => ({ Query: { pet: () => ({ __typename, ...object }) } })
    await using graph = await startTinyGraph({
      one: { sdl: sdl('a'), resolvers: answering('Cat', { a: 1 }) },
      other: { sdl: sdl('b'), resolvers: answering('Dog', { b: 2 }) },
    })
    const query = '{ pet { ... on Cat { a b } ... on Dog { a b } } }'
    expect(await postGraphql(graph.url, { query })).toMatchObject({
      data: { pet: null },
      errors: [{ message: 'Subgraphs disagree about field Query.pet.', path: ['pet'] }],
    })
  })
})

describe('a field that requires what subgraphs disagree about', () => {
  it('is null, with an error', async () => {
    const item = (fields: string) => `type Item @key(fields: "id") { id: ID! ${fields} } ${TYPES}`
    const itself = (fields: object) => ({ __resolveReference: (entity: object) => ({ ...entity, ...fields }) })
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        resolvers: { Query: { item: () => ({ id: '1' }) } },
      },
      one: { sdl: `${item('parts: [Part] @shareable')} { a: Int }`, resolvers: { Item: itself({ parts: [a(1)] }) } },
      other: { sdl: `${item('parts: [Part] @shareable')} { b: Int }`, resolvers: { Item: itself({ parts: [] }) } },
      post: {
        sdl: `type Item @key(fields: "id") { id: ID! parts: [Part] @external ship: Int @requires(fields: "parts { a b }") }
          type Part { a: Int @external b: Int @external }`,
        resolvers: { Item: { ...itself({}), ship: () => 5 } },
      },
    })
    expect(await postGraphql(graph.url, { query: '{ item { id ship } }' })).toMatchObject({
      data: { item: { id: '1', ship: null } },
      errors: [
        {
          message: 'Subgraphs disagree about what this field requires.',
          path: ['item', 'ship'],
          extensions: { code: 'INVALID_SUBGRAPH_VALUE' },
        },
      ],
    })
  })
})
