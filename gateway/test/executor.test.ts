import { describe, expect, it } from '@jest/globals'
import { OperationTypeNode, parse } from 'graphql'
import { createLogger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import type { GatewayContext } from '../src/context.ts'
import { TimeIsOverError } from '../src/deadline.ts'
import type { Execution } from '../src/execute/execution.ts'
import { createExecutor } from '../src/execute/executor.ts'
import { compileFetch } from '../src/execute/fetch/compile-fetch.ts'
import { answeredErrors } from '../src/execute/fetch/fetch-errors.ts'
import { createEntityCalls } from '../src/execute/fetch/entity-calls.ts'
import { readFetchDocument } from '../src/execute/fetch/document.ts'
import { pathsOfObjects } from '../src/execute/fetch/flatten-path.ts'
import type { SubgraphCalls } from '../src/execute/fetch/scope.ts'
import { createBodyReader } from '../src/execute/reading/body-reader.ts'
import { EntitySet } from '../src/execute/fetch/entity-set.ts'
import { createRepresentationsOf } from '../src/execute/fetch/representation.ts'
import { NOTHING_SHARED } from '../src/execute/sharing.ts'
import { createTypeFacts } from '../src/execute/type-facts.ts'
import { createPlanner } from '../src/plan/planner.ts'
import { createRequestRecord } from '../src/telemetry/request-record.ts'
import { composed, operationIn } from './planning-graph.ts'
import { startTinyGraph, type TinySubgraph } from './tiny-graph.ts'

const reference = (values: object = {}) => ({
  __resolveReference: (entity: Readonly<Record<string, unknown>>) => ({ ...entity, ...values }),
})

interface Answer<Data> {
  data: Data
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
}

async function askForText(url: URL, request: { query: string; variables?: object }): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  return response.text()
}

async function ask<Data>(url: URL, request: { query: string; variables?: object }): Promise<Answer<Data>> {
  return JSON.parse(await askForText(url, request)) as Answer<Data>
}

describe('entities', () => {
  const shop: TinySubgraph = {
    sdl: `
      type Query { items: [Item] first: Item again: Item groups: [[Item]] }
      type Item @key(fields: "id") { id: ID! name: String }
    `,
    resolvers: {
      Query: {
        items: () => [{ id: '1', name: 'one' }, null, { id: '2', name: 'two' }, { id: '1', name: 'one' }],
        first: () => ({ id: '1' }),
        again: () => ({ id: '1' }),
        groups: () => [[{ id: '1' }, { id: '2' }], null, [null, { id: '3' }]],
      },
    },
  }
  const stock: TinySubgraph = {
    sdl: 'type Item @key(fields: "id") { id: ID! stock: Int place: Place } type Place { hall: Int }',
    resolvers: {
      Item: {
        __resolveReference: ({ id }: { id: string }) =>
          id === 'gone' ? null : { id, stock: Number(id) * 10, place: { hall: 1 } },
      },
    },
  }

  it('are asked for once each, however often they are in the answer', async () => {
    await using graph = await startTinyGraph({ shop, stock })
    expect(await ask(graph.url, { query: '{ items { name stock place { hall } } }' })).toEqual({
      data: {
        items: [
          { name: 'one', stock: 10, place: { hall: 1 } },
          null,
          { name: 'two', stock: 20, place: { hall: 1 } },
          { name: 'one', stock: 10, place: { hall: 1 } },
        ],
      },
    })
    expect(graph.requests.map(({ variables }) => variables)).toEqual([
      {},
      {
        representations: [
          { __typename: 'Item', id: '1' },
          { __typename: 'Item', id: '2' },
        ],
      },
    ])
  })

  it('in several places are asked for together when the same is asked of them', async () => {
    await using graph = await startTinyGraph({ shop, stock })
    expect(await ask(graph.url, { query: '{ first { stock } again { stock } }' })).toEqual({
      data: { first: { stock: 10 }, again: { stock: 10 } },
    })
    expect(graph.requests.map(({ subgraph }) => subgraph)).toEqual(['shop', 'stock'])
  })

  it('are found in lists of lists', async () => {
    await using graph = await startTinyGraph({ shop, stock })
    expect(await ask(graph.url, { query: '{ groups { stock } }' })).toEqual({
      data: { groups: [[{ stock: 10 }, { stock: 20 }], null, [null, { stock: 30 }]] },
    })
  })

  it('that one subgraph does not know are null there, and whole otherwise', async () => {
    const dangling = { ...shop, resolvers: { Query: { first: () => ({ id: 'gone', name: 'gone' }) } } }
    await using graph = await startTinyGraph({ shop: dangling, stock })
    expect(await ask(graph.url, { query: '{ first { name stock place { hall } } }' })).toEqual({
      data: { first: { name: 'gone', stock: null, place: null } },
    })
  })
})

describe('an error of a subgraph', () => {
  const shop: TinySubgraph = {
    sdl: 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! }',
    resolvers: { Query: { items: () => [{ id: '1' }, { id: '2' }, { id: '1' }] } },
  }
  const broken: TinySubgraph = {
    sdl: 'type Item @key(fields: "id") { id: ID! parts: [Part] } type Part { n: Int bad: Int }',
    resolvers: {
      Item: reference({ parts: [{ n: 1 }, { n: 2 }] }),
      Part: {
        bad({ n }: { n: number }) {
          if (n === 2) throw new Error('broken')
          return n
        },
      },
    },
  }

  it('has the path of every place in the answer where its entity is, in the names of the client', async () => {
    await using graph = await startTinyGraph({ shop, broken }, { ERROR_DETAILS: 'true' })
    const { data, errors } = await ask(graph.url, { query: '{ all: items { p: parts { n b: bad } } }' })
    const parts = [
      { n: 1, b: 1 },
      { n: 2, b: null },
    ]
    expect(data).toEqual({ all: [{ p: parts }, { p: parts }, { p: parts }] })
    expect(errors?.map(({ path }) => path?.join('.')).toSorted()).toEqual(['all.0.p.1.b', 'all.1.p.1.b', 'all.2.p.1.b'])
  })

  it('about what only the plan needed has the path of the field that is null because of it', async () => {
    const first = {
      sdl: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
      resolvers: { Query: { item: () => ({ id: '1' }) } },
    }
    const weights: TinySubgraph = {
      sdl: 'type Item @key(fields: "id") { id: ID! weight: Int }',
      resolvers: { Item: { ...reference(), weight: () => Promise.reject(new Error('no scales')) } },
      onPost: (_, response) => void response.destroy(),
    }
    const shipping: TinySubgraph = {
      sdl: `type Item @key(fields: "id") { id: ID! weight: Int @external cost: Int @requires(fields: "weight") }`,
      resolvers: { Item: { ...reference(), cost: ({ weight }: { weight: number }) => weight * 2 } },
    }
    await using graph = await startTinyGraph({ first, weights, shipping })
    const { data, errors } = await ask(graph.url, { query: '{ item { id cost } }' })
    expect(data).toEqual({ item: { id: '1', cost: null } })
    expect(errors).toMatchObject([
      { path: ['item', 'cost'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'weights' } },
    ])
    expect(graph.requests.map(({ subgraph }) => subgraph)).not.toContain('shipping')
  })
})

describe('what the stock executor answers wrongly', () => {
  it('failed as a whole when a string came where a list belongs', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { items: [Item] name: String } type Item { id: ID! }',
        resolvers: { Query: { items: () => [], name: () => 'Portico' } },
        editAnswer: (text) => text.replace('"items":[]', '"items":"none"'),
      },
    })
    expect(await ask(graph.url, { query: '{ items { id } name }' })).toMatchObject({
      data: { items: null, name: 'Portico' },
      errors: [{ path: ['items'], extensions: { code: 'INVALID_SUBGRAPH_VALUE' } }],
    })
  })

  it('lost fields of fragments on a type within fragments on its interface', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: `
          type Query { nested: Holder }
          type Holder { item: Item }
          interface Item { id: ID! }
          type A implements Item { id: ID! next: Item }
        `,
        resolvers: {
          Query: { nested: () => ({ item: { __typename: 'A', id: '1', next: { __typename: 'A', id: '2' } } }) },
        },
      },
    })
    const query = '{ nested { item { ... on Item { ... on A { next { id } } } } } }'
    expect(await ask(graph.url, { query })).toEqual({ data: { nested: { item: { next: { id: '2' } } } } })
  })

  it('had null in place of an object none of whose fields is included', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { item: Item name: String } type Item { id: ID! }',
        resolvers: { Query: { item: () => ({ id: '1' }), name: () => 'Portico' } },
      },
    })
    const query = 'query ($no: Boolean!) { item { id @include(if: $no) } name }'
    expect(await ask(graph.url, { query, variables: { no: false } })).toEqual({
      data: { item: {}, name: 'Portico' },
    })
  })

  it('put the fields of merged fragments into another order than they are in the operation', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! a: Int c: Int }',
        resolvers: { Query: { item: () => ({ id: '1', a: 1, c: 3 }) }, Item: reference() },
      },
      other: { sdl: 'type Item @key(fields: "id") { id: ID! b: Int }', resolvers: { Item: reference({ b: 2 }) } },
    })
    const query = '{ item { ...Some a } item { c } } fragment Some on Item { b ... on Item { id } }'
    expect(await askForText(graph.url, { query })).toBe('{"data":{"item":{"b":2,"id":"1","a":1,"c":3}}}')
  })
})

describe('names', () => {
  it('that every object of JavaScript has are data like others', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! constructor: String valueOf: Int }',
        resolvers: { Query: { item: () => ({ id: '1', constructor: 'Smith', valueOf: 0 }) }, Item: reference() },
      },
      other: {
        sdl: 'type Item @key(fields: "id") { id: ID! toString: String hasOwnProperty: [Int] }',
        resolvers: { Item: reference({ toString: 'text', hasOwnProperty: [1] }) },
      },
    })
    const query = '{ item { constructor valueOf toString hasOwnProperty __proto__: id } }'
    const { data } = await ask<{ item: object }>(graph.url, { query })
    expect(Object.entries(data.item)).toEqual([
      ['constructor', 'Smith'],
      ['valueOf', 0],
      ['toString', 'text'],
      ['hasOwnProperty', [1]],
      ['__proto__', '1'],
    ])
  })
})

describe('interface objects', () => {
  it('are of the type that the interface knows, whatever another subgraph calls them', async () => {
    await using graph = await startTinyGraph({
      media: {
        sdl: `
          type Query { all: [Media] }
          interface Media @key(fields: "id") { id: ID! }
          type Book implements Media @key(fields: "id") { id: ID! pages: Int }
          type Film implements Media @key(fields: "id") { id: ID! minutes: Int }
        `,
        resolvers: {
          Query: {
            all: () => [
              { __typename: 'Book', id: 'b', pages: 9 },
              { __typename: 'Film', id: 'f', minutes: 8 },
            ],
          },
          Media: {
            __resolveReference: ({ id }: { id: string }) => ({
              __typename: id === 'b' ? 'Book' : 'Film',
              id,
              pages: 9,
            }),
          },
          Book: reference(),
          Film: reference(),
        },
      },
      reviews: {
        sdl: 'type Query { best: Media } type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }',
        resolvers: { Query: { best: () => ({ id: 'b', stars: 5 }) }, Media: reference({ stars: 4 }) },
      },
    })
    expect(await ask(graph.url, { query: '{ all { __typename stars ... on Film { minutes } } }' })).toEqual({
      data: {
        all: [
          { __typename: 'Book', stars: 4 },
          { __typename: 'Film', stars: 4, minutes: 8 },
        ],
      },
    })
    expect(await ask(graph.url, { query: '{ best { stars __typename ... on Book { pages } } }' })).toEqual({
      data: { best: { stars: 5, __typename: 'Book', pages: 9 } },
    })
  })
})

describe('contexts', () => {
  it('reach the entities below them, each from where it is', async () => {
    await using graph = await startTinyGraph({
      shops: {
        sdl: `
          type Query { shops: [Shop] }
          type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! offers: [Offer] }
          type Offer @key(fields: "id") { id: ID! price(in: String @fromContext(field: "$shop { currency }")): String }
        `,
        resolvers: {
          Query: {
            shops: () => [
              { id: '1', currency: 'EUR', offers: [{ id: 'a' }, { id: 'b' }] },
              { id: '2', currency: 'USD', offers: [{ id: 'a' }] },
            ],
          },
          Offer: { ...reference(), price: ({ id }: { id: string }, args: { in: string }) => `${id} in ${args.in}` },
        },
      },
    })
    expect(await ask(graph.url, { query: '{ shops { offers { price } } }' })).toEqual({
      data: {
        shops: [{ offers: [{ price: 'a in EUR' }, { price: 'b in EUR' }] }, { offers: [{ price: 'a in USD' }] }],
      },
    })
  })
})

describe('mutations', () => {
  it('run one after the other, each with the fetches below it', async () => {
    let balance = 0
    await using graph = await startTinyGraph({
      first: {
        sdl: `
          type Query { balance: Int }
          type Mutation { add(n: Int!): Account double: Account @shareable }
          type Account @key(fields: "id") { id: ID! balance: Int }
        `,
        resolvers: {
          Mutation: {
            add: (_: unknown, { n }: { n: number }) => ({ id: '1', balance: (balance += n) }),
            double: () => ({ id: '1', balance: (balance *= 2) }),
          },
        },
      },
      second: {
        sdl: 'type Mutation { take(n: Int!): Account } type Account @key(fields: "id") { id: ID! owner: String }',
        resolvers: {
          Mutation: { take: (_: unknown, { n }: { n: number }) => ((balance -= n), { id: '1' }) },
          Account: { ...reference(), owner: () => 'me' },
        },
      },
    })
    const query = 'mutation { a: add(n: 5) { balance owner } take(n: 1) { owner } b: add(n: 10) { balance } }'
    expect(await ask(graph.url, { query })).toEqual({
      data: { a: { balance: 5, owner: 'me' }, take: { owner: 'me' }, b: { balance: 14 } },
    })
    expect(graph.requests.map(({ subgraph }) => subgraph)).toEqual(['first', 'second', 'second', 'first'])
  })
})

describe('numbers', () => {
  it('keep their digits, also in representations, arguments and variables', async () => {
    const long = '9007199254740993'
    await using graph = await startTinyGraph({
      shop: {
        sdl: 'scalar Long type Query { item: Item echo(value: Long): Long } type Item @key(fields: "number") { number: Long }',
        resolvers: { Query: { item: () => ({ number: 1 }) } },
        editAnswer: (text) => text.replace('"number":1', `"number":${long}`),
      },
      other: {
        sdl: 'scalar Long type Item @key(fields: "number") { number: Long found: Boolean }',
        resolvers: { Item: reference({ found: true }) },
      },
    })
    expect(await askForText(graph.url, { query: '{ item { number found } }' })).toBe(
      `{"data":{"item":{"number":${long},"found":true}}}`,
    )
    expect(graph.requests.at(-1)?.text).toContain(`"number":${long}`)
  })
})

describe('an execution', () => {
  const loaded = composed({
    shop: 'type Query { item(id: Int): Item } type Item @key(fields: "id") { id: ID! }',
    stock: 'type Item @key(fields: "id") { id: ID! stock: Int }',
  })

  function contextOf(signal: AbortSignal): GatewayContext {
    return {
      requestId: 'test',
      log: createLogger({ service: 'gateway', level: 'info' }, { write: () => undefined }),
      credentials: { kind: 'viewer', viewer: ANONYMOUS },
      viewer: ANONYMOUS,
      clientAddress: 'unknown',
      clientHeaders: {},
      traceLines: '',
      deadline: Infinity,
      signal,
      record: createRequestRecord(),
    }
  }

  function executionOf(
    query: string,
    { signal, variables = {} }: { signal: AbortSignal; variables?: object },
  ): Execution {
    const operation = operationIn(query)
    const context = contextOf(signal)
    return { operation, fetched: operation, refusals: new Map(), variables: { ...variables }, coerced: {}, context }
  }

  const answerNull: SubgraphCalls['ask'] = async () => ({
    data: { item: null },
    errors: [],
    extensions: undefined,
    hasEscapes: false,
  })
  const createReader: SubgraphCalls['createReader'] = (make) => createBodyReader(make)
  const calls = { ask: answerNull, askForEntities: createEntityCalls(answerNull, createReader), createReader }
  const subgraph = () => calls
  const { signal } = new AbortController()
  const QUERY = {
    operationKind: OperationTypeNode.QUERY,
    operationName: undefined,
    operationDocumentNode: parse('{ unused }'),
  }

  it('waits for no plan when its time is over', async () => {
    // In a thread, which starts for longer than this waits.
    await using planner = createPlanner(loaded, { cacheSize: 10, largestInPlace: 0 })
    const execute = createExecutor({ loaded, planner, subgraph, cacheSize: 10 })
    const request = new AbortController()
    const answer = execute(executionOf('{ item { stock } }', request))
    request.abort(new TimeIsOverError('The time is over.'))
    await expect(answer).rejects.toMatchObject({
      message: 'The request ran out of time before anything was executed.',
      extensions: { code: 'REQUEST_TIMEOUT' },
    })
  })

  it('that fails leaves its operation compiled for others', async () => {
    await using planner = createPlanner(loaded, { cacheSize: 10 })
    let planned = 0
    const plan: typeof planner.plan = (...of) => {
      planned += 1
      return planner.plan(...of)
    }
    const execute = createExecutor({ loaded, planner: { ...planner, plan }, subgraph, cacheSize: 10 })
    const query = 'query ($id: Int) { item(id: $id) { id } }'
    await expect(execute(executionOf(query, { signal, variables: { id: 1n } }))).rejects.toThrow('BigInt')
    expect((await execute(executionOf(query, { signal }))).data).toBe('{"item":null}')
    expect(planned).toBe(1)
  })

  it('has no failure that nobody handles when a call can not be written', async () => {
    const document = readFetchDocument(
      {
        kind: 'Fetch',
        serviceName: 'stock',
        operation:
          'query($v:Int$representations:[_Any!]!){_entities(representations:$representations){...on Item{stock}}}',
        ...QUERY,
        requires: [],
        variableUsages: ['v'],
      },
      createTypeFacts(loaded.supergraphGraphqlSchema, new Set()),
    )
    const nothing = { root: {}, coerced: {}, objectsAt: new Map(), failures: [], hasEscapes: false }
    const run = { ...nothing, variables: { v: 1n }, context: contextOf(signal) }
    const question = { document, entities: new EntitySet(), contextual: undefined }
    await expect(calls.askForEntities(run, question)).rejects.toThrow('BigInt')
  })

  it('is told of a step that fails at once like of any other', async () => {
    const step = compileFetch(
      {
        kind: 'Fetch',
        serviceName: 'stock',
        operation: 'query($representations:[_Any!]!){_entities(representations:$representations){...on Item{stock}}}',
        ...QUERY,
        requires: [{ kind: 'InlineFragment', typeCondition: 'Item', selections: [{ kind: 'Field', name: 'id' }] }],
        inputRewrites: [{ kind: 'ValueSetter', path: ['... on Item', 'id', 'deeper'], setValueTo: 1 }],
      },
      ['item'],
      {
        ...createTypeFacts(loaded.supergraphGraphqlSchema, new Set()),
        subgraph,
        typeAt: () => 'Item',
        sharing: NOTHING_SHARED,
        united: new Set(),
        representationsOf: createRepresentationsOf((typename, condition) => typename === condition),
        operation: operationIn('{ item { stock } }'),
        clientNames: new Map(),
      },
    )
    const root = { item: { id: '1' } }
    const failed = step({
      root,
      variables: {},
      coerced: {},
      context: contextOf(signal),
      objectsAt: new Map(),
      failures: [],
      hasEscapes: false,
    })
    await expect(failed).rejects.toThrow('Not known how representations are rewritten')
  })
})

describe('many errors', () => {
  it('are counted, and looked for in the tree no further than they are told', () => {
    const errors = Array.from({ length: 5000 }, (_, index) => ({
      message: 'no',
      path: ['_entities', index, 'name'],
      extensions: undefined,
    }))
    let lookedFor = 0
    const of = () => {
      lookedFor += 1
      return [['items', lookedFor]]
    }
    const facts = { subgraph: 'stock', holdsClientValues: () => false, isAlone: true }
    const told = answeredErrors({ data: {}, errors }, facts, { lost: () => ({ paths: [], count: 0 }), of })
    expect(told).toHaveLength(100)
    expect(told.at(-1)?.message).toBe('4901 more errors of stock.')
    expect(lookedFor).toBe(100)
  })

  it('have every place of one object that is in many', () => {
    const shared = {}
    const paths = pathsOfObjects({ items: Array.from({ length: 20_000 }, () => shared) }, [
      { kind: 'field', name: 'items', types: undefined },
      { kind: 'items', types: undefined },
    ]).get(shared)
    expect(paths).toHaveLength(20_000)
    expect(paths?.at(-1)).toEqual(['items', 19_999])
  })
})
