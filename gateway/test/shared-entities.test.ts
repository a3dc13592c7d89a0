import type { QueryPlanSelectionNode } from '@apollo/query-planner'
import { describe, expect, it } from '@jest/globals'
import { Gathering } from '../src/execute/fetch/gathering.ts'
import { createRepresentations } from '../src/execute/fetch/representation.ts'
import { startTinyGraph, type TinyGraph, type TinySubgraph } from './tiny-graph.ts'

interface Answer {
  data: unknown
  errors?: { path?: (string | number)[]; extensions: object }[]
}

async function ask(graph: TinyGraph, query: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(graph.url, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return (await response.json()) as Answer
}

const itself = { __resolveReference: (entity: object) => ({ ...entity }) }

describe('one entity in two places', () => {
  const shop: TinySubgraph = {
    sdl: 'type Query { first: Item again: Item } type Item @key(fields: "id") { id: ID! }',
    resolvers: { Query: { first: () => ({ id: '1' }), again: () => ({ id: '1' }) } },
  }
  const stock: TinySubgraph = {
    sdl: `type Item @key(fields: "id") { id: ID! place: Place }
      type Place @key(fields: "pid") { pid: ID! }`,
    resolvers: { Item: { ...itself, place: () => ({ pid: 'p' }) } },
  }
  const places: TinySubgraph = {
    sdl: 'type Place @key(fields: "pid") { pid: ID! name(l: String): String city: String }',
    resolvers: {
      Place: { ...itself, name: (_: object, { l = '' }: { l?: string }) => `name-${l}`, city: () => 'Rome' },
    },
  }

  it('has below it what each of them asks for, with arguments of its own', async () => {
    await using graph = await startTinyGraph({ shop, stock, places })
    expect(await ask(graph, '{ first { place { n: name(l: "a") } } again { place { n: name(l: "b") } } }')).toEqual({
      data: { first: { place: { n: 'name-a' } }, again: { place: { n: 'name-b' } } },
    })
    expect(graph.requests.map(({ subgraph }) => subgraph)).toEqual(['shop', 'stock', 'places'])
  })

  it('has below it another field of one name in each', async () => {
    await using graph = await startTinyGraph({ shop, stock, places })
    expect(await ask(graph, '{ first { place { n: name } } again { place { n: city } } }')).toEqual({
      data: { first: { place: { n: 'name-' } }, again: { place: { n: 'Rome' } } },
    })
  })

  it('has an error without a path told once', async () => {
    const editAnswer = (text: string) => `{"errors":[{"message":"slow","extensions":{"code":"SLOW"}}],${text.slice(1)}`
    await using graph = await startTinyGraph({ shop, stock: { ...stock, editAnswer }, places })
    const { data, errors } = await ask(graph, '{ first { place { city } } again { place { city } } }')
    expect(data).toEqual({ first: { place: { city: 'Rome' } }, again: { place: { city: 'Rome' } } })
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({ code: 'SLOW', subgraph: 'stock' }),
    ])
  })

  it.each([[[]], [['place']], [['0', 'place']]])(
    'has an error told once whose path, %j, is none of what was asked for',
    async (path) => {
      const error = JSON.stringify({ message: 'no', path, extensions: { code: 'ODD' } })
      const editAnswer = (text: string) => `{"errors":[${error}],${text.slice(1)}`
      await using graph = await startTinyGraph({ shop, stock: { ...stock, editAnswer }, places })
      const { errors } = await ask(graph, '{ first { place { city } } again { place { city } } }')
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        expect.objectContaining({ code: 'ODD', subgraph: 'stock' }),
      ])
    },
  )

  it('has an error in each when nothing was answered', async () => {
    const editAnswer = () => '{"errors":[{"message":"no"}],"data":null}'
    await using graph = await startTinyGraph({ shop, stock: { ...stock, editAnswer }, places })
    const { data, errors } = await ask(graph, '{ first { place { city } } again { place { city } } }')
    expect(data).toEqual({ first: { place: null }, again: { place: null } })
    expect(errors?.map(({ path }) => path)).toEqual([
      ['first', 'place'],
      ['again', 'place'],
    ])
  })
})

describe('one entity in many places of a list', () => {
  const reviews = ['first', 'second', 'third'].map((text) => ({ text, author: { id: 'a', name: `of the ${text}` } }))
  const posts = ({ provides = false } = {}): TinySubgraph => ({
    sdl: `type Query { reviews: [Review!] } type Review { text: String author: User ${provides ? '@provides(fields: "name")' : ''} }
      type User @key(fields: "id") { id: ID! ${provides ? 'name: String @external' : ''} }`,
    resolvers: { Query: { reviews: () => reviews } },
  })
  const users: TinySubgraph = {
    sdl: `type User @key(fields: "id") { id: ID! name: String @shareable email: String city: City }
      type City @key(fields: "zip") { zip: ID! }`,
    resolvers: { User: { ...itself, name: () => 'Ada', email: () => 'a@b', city: () => ({ zip: '1' }) } },
  }
  const cities: TinySubgraph = {
    sdl: 'type City @key(fields: "zip") { zip: ID! mayor: String! }',
    resolvers: { City: { ...itself, mayor: () => 'Bob' } },
  }
  const query = '{ reviews { text author { id email city { mayor } } } }'

  it('has everywhere what it has, and is asked for once', async () => {
    await using graph = await startTinyGraph({ posts: posts(), users, cities })
    const author = { id: 'a', email: 'a@b', city: { mayor: 'Bob' } }
    expect(await ask(graph, query)).toEqual({ data: { reviews: reviews.map(({ text }) => ({ text, author })) } })
    expect(graph.requests.map(({ variables }) => variables['representations'])).toEqual([
      undefined,
      [{ __typename: 'User', id: 'a' }],
      [{ __typename: 'City', zip: '1' }],
    ])
  })

  it('keeps in each what the subgraph that told of it has said of it there', async () => {
    await using graph = await startTinyGraph({ posts: posts({ provides: true }), users, cities })
    expect(await ask(graph, '{ reviews { author { name email } } }')).toEqual({
      data: { reviews: reviews.map(({ author: { name } }) => ({ author: { name, email: 'a@b' } })) },
    })
  })

  it('keeps in each what came to it, where other fetches bring it to others', async () => {
    const feed: TinySubgraph = {
      sdl: `type Query { feed: [Item!] } union Item = Post | Photo
        type Post @key(fields: "id") { id: ID! } type Photo @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { feed: () => ['Photo', 'Post'].map((__typename) => ({ __typename, id: '1' })) } },
    }
    const authorOf = (type: string): TinySubgraph => ({
      sdl: `type ${type} @key(fields: "id") { id: ID! author: User } type User @key(fields: "id") { id: ID! }`,
      resolvers: { [type]: { ...itself, author: () => ({ id: 'u' }) } },
    })
    const named: TinySubgraph = {
      sdl: 'type User @key(fields: "id") { id: ID! name: String! }',
      resolvers: { User: { ...itself, name: () => 'Ada' } },
    }
    const ranked: TinySubgraph = {
      sdl: 'type User @key(fields: "id") { id: ID! rank: Int }',
      resolvers: { User: { ...itself, rank: () => 5 } },
    }
    const subgraphs = { feed, posts: authorOf('Post'), photos: authorOf('Photo'), named, ranked }
    await using graph = await startTinyGraph(subgraphs)
    const some = '{ feed { ... on Post { author { name } } ... on Photo { author { rank } } } }'
    expect(await ask(graph, some)).toEqual({ data: { feed: [{ author: { rank: 5 } }, { author: { name: 'Ada' } }] } })
  })

  it('has an error in each when it has lost something, as far up as null spreads', async () => {
    const broken = { ...cities, resolvers: { City: { ...itself, mayor: () => null } } }
    await using graph = await startTinyGraph({ posts: posts(), users, cities: broken })
    const { data, errors } = await ask(graph, query)
    const author = { id: 'a', email: 'a@b', city: null }
    expect(data).toEqual({ reviews: reviews.map(({ text }) => ({ text, author })) })
    expect(errors?.map(({ path }) => path?.join('.')).toSorted()).toEqual([
      'reviews.0.author.city.mayor',
      'reviews.1.author.city.mayor',
      'reviews.2.author.city.mayor',
    ])
  })
})

describe('contexts', () => {
  function shopsOf(count: number): TinySubgraph {
    return {
      sdl: `
        type Query { shops: [Shop] }
        type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! catalog: Catalog }
        type Catalog @key(fields: "cid") { cid: ID! offers: [Offer] }
        type Offer @key(fields: "id") { id: ID! price(in: String @fromContext(field: "$shop { currency }")): String }
      `,
      resolvers: {
        Query: { shops: () => Array.from({ length: count }, (_, index) => ({ id: index, currency: `C${index}` })) },
        Shop: { catalog: () => ({ cid: 'c' }) },
        Catalog: { ...itself, offers: () => [{ id: 'a' }] },
        Offer: { ...itself, price: ({ id }: { id: string }, args: { in: string }) => `${id} in ${args.in}` },
      },
    }
  }
  const shared: Record<string, TinySubgraph> = {
    shops: {
      sdl: `
        type Query { shops: [Shop] }
        type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! catalog: Catalog }
        type Catalog @key(fields: "cid") { cid: ID! }
        type Offer @key(fields: "id") { id: ID! price(in: String @fromContext(field: "$shop { currency }")): String }
      `,
      resolvers: {
        Query: {
          shops: () => [
            { id: '1', currency: 'EUR', catalog: { cid: 'c' } },
            { id: '2', currency: 'USD', catalog: { cid: 'c' } },
          ],
        },
        Offer: { ...itself, price: ({ id }: { id: string }, args: { in: string }) => `${id} in ${args.in}` },
      },
    },
    catalogs: {
      sdl: 'type Catalog @key(fields: "cid") { cid: ID! offers: [Offer] } type Offer @key(fields: "id") { id: ID! }',
      resolvers: { Catalog: { ...itself, offers: () => [{ id: 'a' }] } },
    },
  }

  it('differ below one entity that is in two places', async () => {
    await using graph = await startTinyGraph(shared)
    expect(await ask(graph, '{ shops { catalog { offers { price } } } }')).toEqual({
      data: {
        shops: [{ catalog: { offers: [{ price: 'a in EUR' }] } }, { catalog: { offers: [{ price: 'a in USD' }] } }],
      },
    })
  })

  it('are a hundred to a call, each with values of its own', async () => {
    await using graph = await startTinyGraph({ shops: shopsOf(250) })
    expect(await ask(graph, '{ shops { catalog { offers { price } } } }')).toEqual({
      data: {
        shops: Array.from({ length: 250 }, (_, index) => ({ catalog: { offers: [{ price: `a in C${index}` }] } })),
      },
    })
    expect(graph.requests).toHaveLength(4)
  })
})

describe('entities of one call', () => {
  const matches = (typename: string, condition: string) => typename === condition
  const id = { kind: 'Field', name: 'id' } as const
  const typename = { kind: 'Field', name: '__typename' } as const

  function gathering(key: object, isWhole = false): Gathering {
    const requires: QueryPlanSelectionNode[] = [
      { kind: 'InlineFragment', typeCondition: 'Item', selections: [typename, { ...id, ...key }] },
    ]
    const representationOf = createRepresentations(requires, { matches, typenameFor: String })
    const typeNamed = (name: string) => {
      const representation = representationOf(name)
      return representation && { representation, isWhole }
    }
    return new Gathering({ typeNamed, type: 'Item' }, { hasEscapes: false })
  }

  it('are asked for once when they are known by an object, or by a number that is kept as text', () => {
    const byObject = gathering({ selections: [{ kind: 'Field', name: 'number' }] })
    for (const number of [1, 2, 1, 2]) byObject.add({ id: { number } })
    expect(byObject.entities.all.map(({ text }) => text)).toEqual(
      [1, 2].map((number) => `{"__typename":"Item","id":{"number":${number}}}`),
    )
    expect(byObject.indices).toEqual([0, 1, 0, 1])

    const byNumber = gathering({})
    for (const digits of ['9007199254740993', '9007199254740995', '9007199254740993']) {
      byNumber.add({ id: JSON.rawJSON(digits) })
    }
    expect(byNumber.indices).toEqual([0, 1, 0])
  })

  it('are one object where all that is known of them is the same', () => {
    const [one, other, ...more] = [{ id: '1' }, { id: '2' }, { id: '1' }, { id: '1' }]
    const gathered = gathering({}, true)
    expect([one, other, ...more].map((object) => gathered.unite(object))).toEqual([one, other, one, one])
    expect(gathered.objects).toEqual([one, other])
    expect(gathered.unite(other)).toBe(other)
    expect(gathered.objects).toHaveLength(2)
  })

  it('stay what they are where more is known of them than what they are known by', () => {
    const [one, other] = [
      { id: '1', name: 'a' },
      { id: '1', name: 'b' },
    ]
    const gathered = gathering({})
    expect(gathered.unite(one)).toBe(one)
    expect(gathered.unite(other)).toBe(other)
    expect(gathered.objects).toEqual([one, other])
    expect(gathered.indices).toEqual([0, 0])
  })

  it('that do not tell their type are of the type that is known of their place, whatever came before them', () => {
    const gathered = gathering({})
    gathered.add({ __typename: 'Other', id: '1' })
    gathered.add({ id: '2' })
    gathered.add({ __typename: 'Other', id: '3' })
    expect(gathered.entities.all.map(({ text }) => text)).toEqual(['{"__typename":"Item","id":"2"}'])
  })
})
