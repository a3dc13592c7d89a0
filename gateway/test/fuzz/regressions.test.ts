import { describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinySubgraph } from '../tiny-graph.ts'

interface Regression {
  /** Completes "answers …". */
  name: string
  subgraphs: Record<string, TinySubgraph>
  query: string
  variables?: Record<string, unknown>
  /** JSON text: names in this order, numbers with these digits. */
  data: string
  /** Paths of the errors. */
  errors?: readonly (readonly (string | number)[])[]
}

const byId = (more: object = {}) => ({ __resolveReference: ({ id }: { id: string }) => ({ id, ...more }) })

/** How many mutations have been done. */
let done = 0

/** What random operations found in the executor of `ApolloGateway`, in Apollo's planner, and in ours; shrunk. */
const REGRESSIONS: readonly Regression[] = [
  {
    name: 'an alias that is __proto__',
    subgraphs: { s0: { sdl: 'type Query { a: Int }', resolvers: { Query: { a: () => 1 } } } },
    query: '{ __proto__: a constructor: a toString: a }',
    data: '{"__proto__":1,"constructor":1,"toString":1}',
  },
  {
    name: 'fields in the order of the document, where fragments come before fields',
    subgraphs: {
      s0: {
        sdl: 'type Query { a: A } type A { b: Int c: Int d: Int }',
        resolvers: { Query: { a: () => ({ b: 1, c: 2, d: 3 }) } },
      },
    },
    query: '{ a { ... on A { __typename } kind: __typename ... on A { b } d c } }',
    data: '{"a":{"__typename":"A","kind":"A","b":1,"d":3,"c":2}}',
  },
  {
    name: 'an object in a fragment on a union that it is of',
    subgraphs: {
      s0: {
        sdl: 'type Query { as: [A] u: U } type A { b: Int } union U = A',
        resolvers: { Query: { as: () => [{ b: 1 }] } },
      },
    },
    query: '{ as { ... on U { ... on A { b } } } }',
    data: '{"as":[{"b":1}]}',
  },
  {
    name: 'lists of lists of which two subgraphs answer other fields',
    subgraphs: {
      s0: {
        sdl: 'type Query { vs: [[V!]!]! @shareable } type V @shareable { id: ID! } extend type V { a: Int }',
        resolvers: {
          Query: {
            vs: () => [
              [],
              [
                { id: '1', a: 1 },
                { id: '2', a: 2 },
              ],
            ],
          },
        },
      },
      s1: {
        sdl: 'type Query { vs: [[V!]!]! @shareable } type V @shareable { id: ID! } extend type V { b: Int }',
        resolvers: {
          Query: {
            vs: () => [
              [],
              [
                { id: '1', b: 3 },
                { id: '2', b: 4 },
              ],
            ],
          },
        },
      },
    },
    query: '{ vs { a b id } }',
    data: '{"vs":[[],[{"a":1,"b":3,"id":"1"},{"a":2,"b":4,"id":"2"}]]}',
  },
  {
    name: 'an error with the path of its own entity, where others of the list are of other types',
    subgraphs: {
      s0: {
        sdl: `type Query { list: [U] } union U = A | B
          type A @key(fields: "id") { id: ID! } type B @key(fields: "id") { id: ID! }`,
        resolvers: {
          Query: {
            list: () => [
              { __typename: 'A', id: '1' },
              { __typename: 'B', id: '2' },
            ],
          },
        },
      },
      s1: {
        sdl: 'type B @key(fields: "id") { id: ID! fails: Int }',
        resolvers: {
          B: {
            ...byId(),
            fails: () => {
              throw new Error('boom')
            },
          },
        },
      },
    },
    query: '{ list { ... on B { fails } ... on A { id } } }',
    data: '{"list":[{"id":"1"},{"fails":null}]}',
    errors: [['list', 1, 'fails']],
  },
  {
    name: 'an interface object of which nobody needs to know the type',
    subgraphs: {
      s0: {
        sdl: 'type Query { q: I } type I @interfaceObject @key(fields: "id") { id: ID! a: Int }',
        resolvers: { Query: { q: () => ({ id: '1', a: 2 }) } },
      },
      s1: {
        sdl: 'interface I @key(fields: "id") { id: ID! } type E implements I @key(fields: "id") { id: ID! }',
        resolvers: {},
      },
    },
    query: '{ q { id a } }',
    data: '{"q":{"id":"1","a":2}}',
  },
  {
    name: 'a field of an interface that may be null in one type and not in another',
    subgraphs: {
      s0: {
        sdl: `type Query { q: [I] } interface I { id: ID! }
          type A implements I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! }`,
        resolvers: {
          Query: {
            q: () => [
              { __typename: 'A', id: '1' },
              { __typename: 'B', id: '2' },
            ],
          },
        },
      },
      s1: {
        sdl: `interface I { id: ID! f: Int } type A implements I @key(fields: "id") { id: ID! f: Int }
          type B implements I @key(fields: "id") { id: ID! f: Int! }`,
        resolvers: { A: byId({ f: null }), B: byId({ f: 2 }) },
      },
    },
    query: '{ q { f id } }',
    data: '{"q":[{"f":null,"id":"1"},{"f":2,"id":"2"}]}',
  },
  {
    name: 'an interface object in a fragment on another interface of its types',
    subgraphs: {
      s0: {
        sdl: 'type Query { q: [I] } type I @interfaceObject @key(fields: "id") { id: ID! a: Int }',
        resolvers: { Query: { q: () => [{ id: '1', a: 2 }] } },
      },
      s1: {
        sdl: `interface I @key(fields: "id") { id: ID! } interface J { b: Int }
          type E implements I & J @key(fields: "id") { id: ID! b: Int }`,
        resolvers: {
          I: { __resolveReference: ({ id }: { id: string }) => ({ __typename: 'E', id, b: 3 }) },
          E: byId({ b: 3 }),
        },
      },
    },
    query: '{ q { ...F a } } fragment F on J { b @skip(if: true) again: b }',
    data: '{"q":[{"again":3,"a":2}]}',
  },
  {
    name: 'an error for each place of an entity that is there twice',
    subgraphs: {
      s0: {
        sdl: 'type Query { list: [E] } type E @key(fields: "id") { id: ID! }',
        resolvers: { Query: { list: () => [{ id: '1' }, { id: '2' }, { id: '1' }] } },
      },
      s1: {
        sdl: 'type E @key(fields: "id") { id: ID! a: Int }',
        resolvers: {
          E: {
            ...byId(),
            a: ({ id }: { id: string }) => {
              if (id === '1') throw new Error('boom')
              return 2
            },
          },
        },
      },
    },
    query: '{ list { a } }',
    data: '{"list":[{"a":null},{"a":2},{"a":null}]}',
    errors: [
      ['list', 0, 'a'],
      ['list', 2, 'a'],
    ],
  },
  {
    name: 'an entity that a subgraph does not know, and one whose field must not be null',
    subgraphs: {
      s0: {
        sdl: 'type Query { e: E f: E } type E @key(fields: "id") { id: ID! }',
        resolvers: { Query: { e: () => ({ id: '1' }), f: () => ({ id: '1' }) } },
      },
      s1: {
        sdl: 'type E @key(fields: "id") { id: ID! a: Int b: Int! }',
        resolvers: { E: { __resolveReference: () => null } },
      },
    },
    query: '{ e { id a } f { id b } }',
    data: '{"e":{"id":"1","a":null},"f":null}',
    errors: [['f', 'b']],
  },
  {
    name: 'numbers with all their digits',
    subgraphs: {
      s0: {
        sdl: 'scalar Big type Query { big: Big same(n: Big): Big }',
        resolvers: { Query: { big: () => 'DIGITS', same: () => 'DIGITS' } },
        editAnswer: (text) => text.replaceAll('"DIGITS"', '{"n":[12345678901234567890,0.10000000000000000001,1e400]}'),
      },
    },
    query: '{ big }',
    data: '{"big":{"n":[12345678901234567890,0.10000000000000000001,1e400]}}',
  },
  {
    name: 'what uses a variable only in a condition of __typename',
    subgraphs: {
      s0: {
        sdl: 'type Query { e: E } type E { next: E a: Int }',
        resolvers: { Query: { e: () => ({ next: { a: 1 } }) } },
      },
    },
    query: 'query ($yes: Boolean!) { e { next { __typename @include(if: $yes) a } } }',
    variables: { yes: true },
    data: '{"e":{"next":{"__typename":"E","a":1}}}',
  },
  {
    name: 'an object of which conditions leave nothing',
    subgraphs: {
      s0: { sdl: 'type Query { e: E none: E } type E { a: Int }', resolvers: { Query: { e: () => ({ a: 1 }) } } },
    },
    query: 'query ($no: Boolean!) { e { a @include(if: $no) } none { a @include(if: $no) } }',
    variables: { no: false },
    data: '{"e":{},"none":null}',
  },
  {
    name: 'a field of which a label gives all to another subgraph',
    subgraphs: {
      s0: {
        sdl: `type Query { e: E } type E @key(fields: "id") { id: ID!
          a: Int @override(from: "s1", label: "percent(100)") b: Int @override(from: "s1", label: "percent(0)") }`,
        resolvers: { Query: { e: () => ({ id: '1', a: 1, b: 1 }) } },
      },
      s1: { sdl: 'type E @key(fields: "id") { id: ID! a: Int b: Int }', resolvers: { E: byId({ a: 2, b: 2 }) } },
    },
    query: '{ e { a b } }',
    data: '{"e":{"a":1,"b":2}}',
  },
  {
    name: 'two fields that require the same field with other arguments',
    subgraphs: {
      s0: {
        sdl: 'type Query { e: E } type E @key(fields: "id") { id: ID! size(unit: String): String }',
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: { ...byId(), size: (_: unknown, { unit }: { unit: string }) => `1 ${unit}` },
        },
      },
      s1: {
        sdl: `type E @key(fields: "id") { id: ID! size(unit: String): String @external
          inches: String @requires(fields: "size(unit: \\"in\\")") meters: String @requires(fields: "size(unit: \\"m\\")") }`,
        resolvers: {
          E: {
            __resolveReference: (sent: object) => sent,
            inches: ({ size }: { size: string }) => `of ${size}`,
            meters: ({ size }: { size: string }) => `of ${size}`,
          },
        },
      },
    },
    query: '{ e { inches meters size(unit: "ft") } }',
    data: '{"e":{"inches":"of 1 in","meters":"of 1 m","size":"1 ft"}}',
  },
  {
    name: 'a field that requires something of one type below an interface, where another comes',
    subgraphs: {
      s0: {
        sdl: `type Query { es: [E] } interface I { id: ID! } type A implements I @key(fields: "id") { id: ID! a: Int }
          type E implements I @key(fields: "id") { id: ID! i: I @external of: String @requires(fields: "i { ... on A { a } }") }`,
        resolvers: {
          Query: { es: () => [{ id: '1' }, { id: '2' }] },
          A: byId({ a: 3 }),
          E: {
            __resolveReference: (sent: object) => sent,
            of: ({ i }: { i: { __typename: string; a?: number } }) => `${i.__typename} ${i.a ?? 'without'}`,
          },
        },
      },
      s1: {
        sdl: `interface I { id: ID! } type A implements I @key(fields: "id") { id: ID! }
          type E implements I @key(fields: "id") { id: ID! i: I }`,
        resolvers: {
          E: {
            ...byId(),
            i: ({ id }: { id: string }) => ({ __typename: id === '1' ? 'A' : 'E', id: '9' }),
          },
        },
      },
    },
    query: '{ es { of } }',
    data: '{"es":[{"of":"A 3"},{"of":"E without"}]}',
  },
  {
    name: 'a field that requires the type of an object that can only be of one',
    subgraphs: {
      s0: {
        sdl: `type Query { e: E } type O { a: Int @external }
          type E @key(fields: "id") { id: ID! o: O @external of: String @requires(fields: "o { __typename a }") }`,
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: {
            __resolveReference: (sent: object) => sent,
            of: ({ o }: { o: { __typename: string; a: number } }) => `${o.__typename} ${o.a}`,
          },
        },
      },
      s1: {
        sdl: 'type E @key(fields: "id") { id: ID! o: O } type O { a: Int }',
        resolvers: { E: byId({ o: { a: 2 } }) },
      },
    },
    query: '{ e { of } }',
    data: '{"e":{"of":"O 2"}}',
  },
  {
    name: 'a field whose requirement is shared by one that is never included',
    subgraphs: {
      s0: {
        sdl: `type Query { e: E } type E @key(fields: "id") { id: ID! a: String @external b(in: Int): Int @external
          f: String @requires(fields: "a") g: Int @requires(fields: "a b(in: 2)") }`,
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: { __resolveReference: (sent: object) => sent, f: ({ a }: { a: string }) => `of ${a}` },
        },
      },
      s1: {
        sdl: 'type E @key(fields: "id") { id: ID! a: String b(in: Int): Int }',
        resolvers: { E: byId({ a: 'a' }) },
      },
    },
    query: '{ e { f g @skip(if: true) } }',
    data: '{"e":{"f":"of a"}}',
  },
  {
    name: 'a mutation that is selected twice, once with a condition that is always true',
    subgraphs: {
      s0: { sdl: 'type Query { a: Int } type Mutation { one: Int }', resolvers: { Mutation: { one: () => 1 } } },
      s1: { sdl: 'type Mutation { two: Int }', resolvers: { Mutation: { two: () => 2 } } },
    },
    query: 'mutation { one @include(if: true) two one }',
    data: '{"one":1,"two":2}',
  },
  {
    name: 'an object below which something that is never included must not be null, and is',
    subgraphs: {
      s0: {
        sdl: 'type Query { e: E } type E @key(fields: "id") { id: ID! }',
        resolvers: { Query: { e: () => ({ id: '1' }) } },
      },
      s1: {
        sdl: 'type E @key(fields: "id") { id: ID! in: V } type V { a: Int b: Int! }',
        resolvers: { E: byId({ in: { a: 1, b: null } }) },
      },
    },
    query: '{ e { in { a } ...F @skip(if: true) } } fragment F on E { in { b } }',
    data: '{"e":{"in":{"a":1}}}',
  },
  {
    name: 'an interface object of which a fragment on a union selects nothing',
    subgraphs: {
      s0: {
        sdl: 'type Query { q: I! } type I @interfaceObject @key(fields: "id") { id: ID! a: Int }',
        resolvers: { Query: { q: () => ({ id: '1' }) } },
      },
      s1: {
        sdl: `interface I @key(fields: "id") { id: ID! } type E implements I @key(fields: "id") { id: ID! }
          type F { b: Int } union U = E | F type Query { u: U }`,
        resolvers: {},
      },
    },
    query: '{ q { ...G } __typename } fragment G on U { ... on F { __typename b } }',
    data: '{"q":{},"__typename":"Query"}',
  },
  {
    name: 'mutations in the order in which they are selected first',
    subgraphs: {
      s0: {
        sdl: 'type Query { a: Int } type Mutation { one: Int }',
        resolvers: { Mutation: { one: () => (done += 1) } },
      },
      s1: { sdl: 'type Mutation { two: Int }', resolvers: { Mutation: { two: () => (done += 1) } } },
    },
    query: 'mutation { ... { one ... { two again: two one } } last: two }',
    data: '{"one":1,"two":2,"again":3,"last":4}',
  },
  {
    name: 'a field whose requirement is provided on the way to it',
    subgraphs: {
      s0: {
        sdl: `type Query { e: E @provides(fields: "a") }
          type E @key(fields: "id") { id: ID! a: Int @external of: Int @requires(fields: "a") }`,
        resolvers: { Query: { e: () => ({ id: '1', a: 2 }) }, E: { of: ({ a }: { a: number }) => a * 10 } },
      },
      s1: { sdl: 'type E @key(fields: "id") { id: ID! a: Int @shareable }', resolvers: { E: byId({ a: 2 }) } },
    },
    query: '{ e { of } }',
    data: '{"e":{"of":20}}',
  },
  {
    name: 'an object that conditions leave empty, below one of four conditions',
    subgraphs: {
      s0: { sdl: 'type Query { a: A } type A { n: Int }', resolvers: {} },
      s1: { sdl: 'type Query { b: B } type B { n: Int }', resolvers: { Query: { b: () => ({ n: 1 }) } } },
    },
    query: `query ($w: Boolean!, $x: Boolean!, $y: Boolean!, $z: Boolean!) {
      a @include(if: $w) { n @include(if: $x) } b @include(if: $y) @skip(if: $z) { n @include(if: $z) } }`,
    variables: { w: false, x: true, y: true, z: false },
    data: '{"b":{}}',
  },
]

describe('the gateway', () => {
  it.each(REGRESSIONS)('answers $name', async ({ subgraphs, query, variables, data, errors = [] }) => {
    await using graph = await startTinyGraph(subgraphs, { NODE_ENV: 'development', LOG_LEVEL: 'fatal' })
    const response = await fetch(graph.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    expect(text).toContain(`"data":${data}`)
    const { errors: told = [] } = JSON.parse(text) as { errors?: { path?: unknown }[] }
    expect(told.map(({ path }) => path)).toEqual(errors)
  })

  it('refuses a requirement of a requirement that the planner asks for without it, and answers it elsewhere', async () => {
    const e = 'type E @key(fields: "id") { id: ID!'
    await using graph = await startTinyGraph({
      s0: {
        sdl: `type Query { here: E } ${e} a: Int @external b: Int @requires(fields: "a") }`,
        resolvers: {
          Query: { here: () => ({ id: '1' }) },
          E: { __resolveReference: (sent: object) => sent, b: ({ a }: { a: number }) => a * 10 },
        },
      },
      s1: {
        sdl: `type Query { there: E } ${e} a: Int b: Int @external c: Int @requires(fields: "b") }`,
        resolvers: {
          Query: { there: () => ({ id: '1', a: 1 }) },
          E: { __resolveReference: (sent: object) => ({ a: 1, ...sent }), c: ({ b }: { b: number }) => b + 5 },
        },
      },
    })
    expect((await postGraphql(graph.url, { query: '{ there { c } }' })).data).toEqual({ there: { c: 15 } })
    const { data, errors } = await postGraphql(graph.url, { query: '{ here { c } }' })
    // Answered right would be as good.
    expect(data ? JSON.stringify(data) : errors[0]?.message).toMatch(
      /^\{"here":\{"c":15\}\}$|E\.b would be asked for without what it requires/,
    )
  })

  it('plans few interface objects in interface objects, or says that it can not, while it answers others', async () => {
    const objects = ['A', 'B'].map((name) => `type ${name} implements I @key(fields: "id") { id: ID! }`)
    await using graph = await startTinyGraph({
      s0: {
        sdl: 'type Query { i: I n: Int } type I @interfaceObject @key(fields: "id") { id: ID! next: I }',
        resolvers: { Query: { n: () => 1 } },
      },
      s1: { sdl: `interface I @key(fields: "id") { id: ID! } ${objects.join(' ')}`, resolvers: {} },
    })
    const next = (levels: number): string => (levels === 0 ? '__typename' : `__typename next { ${next(levels - 1)} }`)
    const start = performance.now()
    const hard = postGraphql(graph.url, { query: `{ i { ${next(4)} } }` })
    const others = Array.from({ length: 5 }, () => postGraphql(graph.url, { query: '{ n }' }))
    const first = await Promise.race([hard.then(() => 'hard'), Promise.all(others).then(() => 'others')])
    // Planned in no time would be as good.
    expect(performance.now() - start < 300 ? 'others' : first).toBe('others')
    const { data, errors } = await hard
    expect(data ? JSON.stringify(data) : errors[0]?.message).toMatch(/^\{"i":null\}$|can not be planned/)
  }, 60_000)
})
