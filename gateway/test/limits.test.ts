import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { getIntrospectionQuery, parse } from 'graphql'
import { measure } from '../src/admission/limits/document-size.ts'
import { findExcess } from '../src/admission/limits/limits.ts'
import { loadConfig } from '../src/config.ts'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const { document: LIMITS } = loadConfig({ SUPERGRAPH_PATH: 'supergraph.graphql' }).limits

const sizesOf = (text: string) => [...measure(parse(text))].map(({ size }) => size)

/** Each fragment spreads the next one twice. */
function doubling(levels: number, leaf: string): string {
  const fragments = Array.from({ length: levels }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)
  return `{ ...F0 } ${fragments.join(' ')} fragment F${levels} on Query { ${leaf} }`
}

describe('the size of a document', () => {
  it('counts what an operation amounts to with its fragments written out', () => {
    expect(
      sizesOf(`
        query ($id: ID = 1 @a) @b { ...Two other: three(list: [[{ a: [1] }]]) { ... @c { four } } }
        fragment Two on Query @d { one two: one @e { ...Deep } }
        fragment Deep on One { deep { deeper { deepest } } }
      `),
    ).toEqual([
      { depth: 4, rootFields: 3, aliases: 2, directives: 5, fields: 7, valueDepth: 4 },
      { depth: 4, rootFields: 0, aliases: 1, directives: 2, fields: 5, valueDepth: 0 },
      { depth: 3, rootFields: 0, aliases: 0, directives: 0, fields: 3, valueDepth: 0 },
    ])
  })

  it('is counted once per fragment, whatever the spreads multiply to', () => {
    const [size] = sizesOf(doubling(900, 'a: one'))
    expect(size).toMatchObject({ depth: 1, fields: 2 ** 900, aliases: 2 ** 900 })
  })

  it('has an end though fragments spread each other in a circle', () => {
    const [size] = sizesOf('{ ...A } fragment A on Query { one ...B } fragment B on Query { two ...A ...B }')
    expect(size).toMatchObject({ fields: 2 })
  })

  it.each([
    ['inline fragments', `${'{...'.repeat(1100)}{a}${'}'.repeat(1100)}`, 'depth'],
    ['lists', `{a(b:${'['.repeat(1100)}${']'.repeat(1100)})}`, 'valueDepth'],
    [
      'fragments in fragments',
      Array.from({ length: 1800 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} }`).join(' '),
      'depth',
    ],
  ] as const)('is endless for %s that nest without end', (_, text, limit) => {
    expect(sizesOf(text)[0]?.[limit]).toBe(Infinity)
    expect(findExcess(parse(text), LIMITS)?.extensions['limit']).toBe(limit)
  })
})

describe('the limits', () => {
  const many = (count: number, text: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ')

  it.each([
    ['depth', `${'{ a '.repeat(20)}${'}'.repeat(20)}`, `${'{ a '.repeat(21)}${'}'.repeat(21)}`],
    ['rootFields', `{ ${many(20, (n) => `f${n}`)} }`, `{ ${many(21, (n) => `f${n}`)} }`],
    ['aliases', `{ a { ${many(50, (n) => `a${n}: b`)} } }`, `{ a { ${many(51, (n) => `a${n}: b`)} } }`],
    ['directives', `{ a ${many(50, () => '@b')} }`, `{ a ${many(51, () => '@b')} }`],
    ['fields', `{ a { ${many(4999, () => 'b')} } }`, `{ a { ${many(5000, () => 'b')} } }`],
    ['valueDepth', `{ a(b: ${'['.repeat(20)}${']'.repeat(20)}) }`, `{ a(b: ${'['.repeat(21)}${']'.repeat(21)}) }`],
  ])('let through what has as much %s as is allowed, and no more', (limit, largest, tooLarge) => {
    expect(findExcess(parse(largest), LIMITS)).toBeUndefined()
    expect(findExcess(parse(tooLarge), LIMITS)?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit })
  })

  it('let through what Sandbox and GraphiQL ask of the schema', () => {
    const query = getIntrospectionQuery({ directiveIsRepeatable: true, inputValueDeprecation: true, oneOf: true })
    expect(findExcess(parse(query), LIMITS)).toBeUndefined()
  })

  it('hold for fragments that no operation spreads, too', () => {
    const text = `{ a } fragment Bomb on Query { ${'b { '.repeat(21)} c ${'}'.repeat(21)} }`
    expect(findExcess(parse(text), LIMITS)?.message).toBe(
      'The fragment "Bomb" has 22 levels of fields; at most 20 are accepted.',
    )
  })
})

describe('the gateway with small limits', () => {
  let graph: TinyGraph
  beforeAll(async () => {
    graph = await startTinyGraph(
      {
        things: {
          sdl: 'scalar Any type Query { thing: Thing any(of: Any): String } type Thing { id: ID thing: Thing }',
          resolvers: { Query: { thing: () => ({ id: 1, thing: { id: 2 } }) } },
        },
      },
      {
        MAX_BODY_BYTES: '4000',
        MAX_TOKENS: '40',
        MAX_DEPTH: '3',
        MAX_ALIASES: '2',
        MAX_ROOT_FIELDS: '2',
        MAX_DIRECTIVES: '2',
        MAX_FIELDS: '9',
        MAX_VALUE_DEPTH: '3',
      },
    )
  })
  afterAll(async () => graph[Symbol.asyncDispose]())

  const ask = (query: string, variables?: Record<string, unknown>) =>
    postGraphql(graph.url, { query, variables }, { accept: 'application/graphql-response+json' })

  it.each([
    ['depth', 3, 'query Deep { thing { thing { thing { id } } } }', 'The query "Deep" has 4 levels of fields'],
    ['aliases', 2, '{ a: thing { b: id c: id } }', 'The query has 3 aliases'],
    ['rootFields', 2, '{ ...F thing { id } } fragment F on Query { a: thing { id } b: any }', '3 fields at the root'],
    [
      'directives',
      2,
      '{ thing @skip(if: false) { id @skip(if: false) thing @skip(if: true) { id } } }',
      '3 directives',
    ],
    ['fields', 9, '{ thing { id id id id id id id id id } }', 'The query has 10 fields'],
    ['valueDepth', 3, '{ any(of: [[{ a: {} }]]) }', '4 levels of lists and objects in a value'],
    ['tokens', 40, `{ ${'thing { id } '.repeat(10)} }`, 'The document has more than 40 tokens'],
  ])('says that there is too much of %s, and where', async (limit, maximum, query, message) => {
    const { status, data, errors } = await ask(query)
    expect([status, data]).toEqual([400, undefined])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(message),
      locations: [{ line: 1 }],
      extensions: { code: 'LIMIT_EXCEEDED', limit, maximum, requestId: expect.any(String) },
    })
  })

  it('says it of variables', async () => {
    const query = 'query ($of: Any) { any(of: $of) }'
    expect((await ask(query, { of: [[{}]] })).status).toBe(200)
    const { status, errors } = await ask(query, { of: { a: [{ b: {} }] } })
    expect(status).toBe(400)
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching('^The variables have more than 3 levels'),
        extensions: { code: 'LIMIT_EXCEEDED', limit: 'valueDepth', maximum: 3 },
      },
    ])
  })

  it('says it of a body, with 413', async () => {
    const { status, errors } = await ask(`{ thing { id } } # ${'x'.repeat(4000)}`)
    expect(status).toBe(413)
    expect(errors).toMatchObject([
      {
        message: 'The body is larger than 4000 bytes.',
        extensions: { code: 'BODY_TOO_LARGE', requestId: expect.any(String) },
      },
    ])
  })

  it('goes on refusing what it has refused, and asks no subgraph for it', async () => {
    const before = graph.requests.length
    for (let round = 0; round < 3; round += 1) {
      expect((await ask('{ thing { thing { thing { id } } } }')).errors).toMatchObject([
        { extensions: { limit: 'depth' } },
      ])
    }
    expect(graph.requests).toHaveLength(before)
    expect((await ask('{ thing { thing { id } } }')).data).toEqual({ thing: { thing: { id: '2' } } })
  })

  it('is 200 for those who know application/json only, as for all that is wrong with an operation', async () => {
    const { status, errors } = await postGraphql(graph.url, { query: '{ thing { thing { thing { id } } } }' })
    expect([status, errors[0]?.extensions['limit']]).toEqual([200, 'depth'])
  })
})
