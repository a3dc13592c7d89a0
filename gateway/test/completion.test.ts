import { describe, expect, it } from '@jest/globals'
import { buildSchema, GraphQLError } from 'graphql'
import { compileCompletion } from '../src/execute/completion/compile.ts'
import { complete, operationOf, runCompletion } from './completed.ts'

const schema = buildSchema(`
  type Query {
    one: A must: A! any: Any item: Item items: [Item] all: [A!] grid: [[Int!]]
    int: Int float: Float string: String boolean: Boolean id: ID mood: Mood json: Json strictJson: Json!
    ids: [ID!]
  }
  interface Item implements Wide { wide: Int name: String next: Item }
  interface Wide { wide: Int }
  union Any = A | B
  enum Mood { GOOD BAD }
  scalar Json
  type A implements Item & Wide { wide: Int name: String next: A a: Int strict: Int! below: A! }
  type B implements Item & Wide { wide: Int! name: String! next: Item b: Int strict: Int! }
`)
const a = { __typename: 'A', wide: 1, name: 'of a', a: 1, strict: 1 }
const b = { __typename: 'B', wide: 2, name: 'of b', b: 2, strict: 2 }

const INVALID = 'INVALID_SUBGRAPH_VALUE'
const NULL = 'NULL_IN_NON_NULL_POSITION'

const pathsAndCodes = ({ errors }: ReturnType<typeof complete>) =>
  errors.map(({ path, code }) => `${path?.join('.')} ${String(code)}`)

describe('a leaf', () => {
  it.each([
    ['int', 5, 5],
    ['int', -(2 ** 31), -(2 ** 31)],
    ['int', JSON.rawJSON('7.0000000000000000'), 7],
    ['float', 5, 5],
    ['float', 1e300, 1e300],
    ['string', 'text', 'text'],
    ['boolean', false, false],
    ['id', 'a', 'a'],
    ['id', 12, '12'],
    ['id', JSON.rawJSON('12345678901234567890'), '12345678901234567890'],
    ['mood', 'BAD', 'BAD'],
    ['json', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ['json', 1.5, 1.5],
  ])('is passed on when it is one of its type: %s %p', (field, value, expected) => {
    const { data, errors } = complete(schema, `{ ${field} }`, { [field]: value })
    expect({ data, errors }).toEqual({ data: { [field]: expected }, errors: [] })
  })

  it.each([
    ['int', '5'],
    ['int', true],
    ['int', 1.5],
    ['int', 2 ** 31],
    ['int', JSON.rawJSON('12345678901234567890')],
    ['int', [5]],
    ['float', '1.5'],
    ['float', Infinity],
    ['float', JSON.rawJSON('1e400')],
    ['string', 5],
    ['string', {}],
    ['boolean', 'true'],
    ['boolean', 1],
    ['id', 1.5],
    ['id', 1e21],
    ['id', true],
    ['id', JSON.rawJSON('1.2345678901234567')],
    ['mood', 'ELATED'],
    ['mood', 'toString'],
    ['mood', 0],
    ['json', -Infinity],
  ])('is null with an error when it is none of its type: %s %p', (field, value) => {
    const completed = complete(schema, `{ ${field} }`, { [field]: value })
    expect(completed.data).toEqual({ [field]: null })
    expect(pathsAndCodes(completed)).toEqual([`${field} ${INVALID}`])
  })

  it('keeps the digits of long numbers', () => {
    const data = { float: JSON.rawJSON('0.12345678901234567890'), json: { long: JSON.rawJSON('9007199254740993') } }
    expect(complete(schema, '{ float json }', data).text).toBe(
      '{"float":0.12345678901234567890,"json":{"long":9007199254740993}}',
    )
  })

  it('that is nested too deep to be written is null with an error', () => {
    const json: unknown = JSON.parse('['.repeat(10_000) + ']'.repeat(10_000))
    expect(pathsAndCodes(complete(schema, '{ json }', { json }))).toEqual([`json ${INVALID}`])
  })

  it('is written as valid JSON, halves of characters too', () => {
    const { text } = complete(schema, '{ string }', { string: '"\ud800\n' })
    expect(text).toBe('{"string":"\\"\\ud800\\n"}')
  })

  it('that nobody may see is not told by its error', () => {
    const [error] = complete(schema, '{ mood }', { mood: 'SECRET' }).errors
    expect(error?.message).toBe('Enum "Mood" cannot represent the value found for field Query.mood.')
  })
})

describe('null', () => {
  it('is no error where it may be, and neither is what nobody answered', () => {
    const { data, errors } = complete(schema, '{ int one { a next { a } } all { a } }', { int: null, one: {} })
    expect(data).toEqual({ int: null, one: { a: null, next: null }, all: null })
    expect(errors).toEqual([])
  })

  it('in a non-null position makes null of the nearest parent that may be', () => {
    const completed = complete(schema, '{ one { a next { strict } } items { ... on B { strict } } }', {
      one: { a: 1, next: { strict: null } },
      items: [b, { __typename: 'B' }],
    })
    expect(completed.data).toEqual({ one: { a: 1, next: null }, items: [{ strict: 2 }, null] })
    expect(pathsAndCodes(completed)).toEqual([`one.next.strict ${NULL}`, `items.1.strict ${NULL}`])
    expect(completed.errors[0]?.message).toBe('Cannot return null for non-nullable field A.strict.')
  })

  it('of an item makes null of a list of non-null items', () => {
    const completed = complete(schema, '{ all { strict } grid }', {
      all: [{ strict: 1 }, null],
      grid: [[1, 2], [3, null], null],
    })
    expect(completed.data).toEqual({ all: null, grid: [[1, 2], null, null] })
    expect(pathsAndCodes(completed)).toEqual([`all.1 ${NULL}`, `grid.1.1 ${NULL}`])
  })

  it('reaches the root, and is one error then', () => {
    const completed = complete(schema, '{ int must { below { below { strict } } } }', {
      must: { below: { below: { strict: null } } },
    })
    expect(completed.text).toBe('null')
    expect(pathsAndCodes(completed)).toEqual([`must.below.below.strict ${NULL}`])
  })

  it('where nothing came at all is that of the root fields', () => {
    expect(complete(schema, '{ int }', undefined)).toMatchObject({ data: { int: null }, errors: [] })
    expect(pathsAndCodes(complete(schema, '{ must { a } }', null))).toEqual([`must ${NULL}`])
  })

  it.each([
    ['at its path', ['one', 'strict']],
    ['above it', ['one']],
    ['below it', ['one', 'strict', 'more']],
    ['anywhere', undefined],
  ])('is not reported again when a fetch has reported an error %s', (_, path) => {
    const errors = [new GraphQLError('down', { path: path ?? null, extensions: { code: 'DOWN' } })]
    const completed = complete(schema, '{ one { strict } }', { one: {} }, { errors })
    expect(completed.data).toEqual({ one: null })
    expect(completed.errors.map(({ code }) => code)).toEqual(['DOWN'])
  })

  it('is reported beside errors about others', () => {
    const errors = [new GraphQLError('down', { path: ['all', 0, 'strict'], extensions: { code: 'DOWN' } })]
    const completed = complete(schema, '{ all { strict } }', { all: [{ strict: 1 }, { strict: null }] }, { errors })
    expect(pathsAndCodes(completed)).toEqual(['all.0.strict DOWN', `all.1.strict ${NULL}`])
  })
})

describe('an object', () => {
  it.each([[[]], ['text'], [5], [true], [JSON.rawJSON('12345678901234567890')]])(
    'that is something else is null with an error: %p',
    (value) => {
      for (const [query, data] of [
        ['{ one { a } }', { one: value }],
        ['{ item { name } }', { item: value }],
      ] as const) {
        const completed = complete(schema, query, data)
        expect(Object.values(completed.data as object)).toEqual([null])
        expect(completed.errors).toMatchObject([{ code: INVALID }])
      }
    },
  )

  it('in place of a list is null with an error', () => {
    const completed = complete(schema, '{ items { name } ids }', { items: {}, ids: '1' })
    expect(completed.data).toEqual({ items: null, ids: null })
    expect(pathsAndCodes(completed)).toEqual([`items ${INVALID}`, `ids ${INVALID}`])
  })

  it('has a type that its field can have, or is null with an error that does not name it', () => {
    const types = ['Secret', 'Query', 'Mood', 5, null]
    const completed = complete(schema, '{ items { name } }', { items: types.map((__typename) => ({ __typename })) })
    expect(completed.data).toEqual({ items: types.map(() => null) })
    expect(pathsAndCodes(completed)).toEqual(types.map((__, index) => `items.${index} ${INVALID}`))
    expect(JSON.stringify(completed.errors)).not.toContain('Secret')
  })

  it('need not tell its type when nothing that is asked depends on it', () => {
    expect(complete(schema, '{ items { name } }', { items: [{ name: 'a' }] }).data).toEqual({ items: [{ name: 'a' }] })
    const depending = complete(schema, '{ items { name ... on A { a } } }', { items: [{ name: 'a' }] })
    expect(depending.data).toEqual({ items: [null] })
    expect(pathsAndCodes(depending)).toEqual([`items.0 ${INVALID}`])
  })

  it('has the fields of its own type, in the order of the operation', () => {
    const query =
      '{ items { ... on B { b } name ... on Wide { wide } ... on A { a } __typename } any { ... on Item { name } } }'
    expect(complete(schema, query, { items: [a, b], any: b }).text).toBe(
      '{"items":[{"name":"of a","wide":1,"a":1,"__typename":"A"},{"b":2,"name":"of b","wide":2,"__typename":"B"}],"any":{"name":"of b"}}',
    )
  })

  it('may be null where its interface says so, and not where its type does not', () => {
    const nothing = { wide: null, name: null }
    const completed = complete(schema, '{ items { wide } }', {
      items: [
        { ...a, ...nothing },
        { ...b, ...nothing },
      ],
    })
    expect(completed.data).toEqual({ items: [{ wide: null }, null] })
    expect(completed.errors).toMatchObject([{ path: ['items', 1, 'wide'], code: NULL }])
  })

  it('of which only an interface is known has the fields of that', () => {
    const items = [{ __typename: 'Item', wide: 5, name: 'known', a: 1 }]
    const known = complete(schema, '{ items { ... on Wide { wide } name } }', { items })
    expect(known).toMatchObject({ data: { items: [{ wide: 5, name: 'known' }] }, errors: [] })
    const query = 'query ($is: Boolean!) { items { name ... on A @include(if: $is) { a } } }'
    expect(complete(schema, query, { items }, { variables: { is: false } }).data).toEqual({
      items: [{ name: 'known' }],
    })
    const mayBe = complete(schema, query, { items }, { variables: { is: true } })
    expect(mayBe.data).toEqual({ items: [null] })
    expect(pathsAndCodes(mayBe)).toEqual([`items.0 ${INVALID}`])
    const typed = complete(schema, '{ items { name __typename } }', { items })
    expect(typed.data).toEqual({ items: [null] })
    expect(pathsAndCodes(typed)).toEqual([`items.0.__typename ${INVALID}`])
    expect(pathsAndCodes(complete(schema, '{ any { __typename } }', { any: items[0] }))).toEqual([`any ${INVALID}`])
  })

  it('has fields that objects of JavaScript have too', () => {
    const query = '{ __proto__: one { constructor: a toString: name } hasOwnProperty: int valueOf: string }'
    expect(complete(schema, query, {})).toMatchObject({
      text: '{"__proto__":null,"hasOwnProperty":null,"valueOf":null}',
      errors: [],
    })
    const tree: unknown = JSON.parse('{"__proto__":{"constructor":1,"toString":"x"},"hasOwnProperty":5,"valueOf":"y"}')
    expect(complete(schema, query, tree).text).toBe(JSON.stringify(tree))
  })

  it('has fields under the names of the client, in paths too', () => {
    const query = '{ _internal_1: one { _internal_2: strict } all { _internal_2: strict } }'
    const clientNames = new Map([
      ['_internal_1', 'id'],
      ['_internal_2', '__typename'],
    ])
    const completed = complete(
      schema,
      query,
      { _internal_1: { _internal_2: 'x' }, all: [{ _internal_2: 3 }] },
      { clientNames },
    )
    expect(completed.data).toEqual({ id: null, all: [{ __typename: 3 }] })
    expect(pathsAndCodes(completed)).toEqual([`id.__typename ${INVALID}`])
  })
})

describe('fields that are selected under conditions', () => {
  const query = `query ($x: Boolean! $y: Boolean!) {
    one { a @include(if: $x) name @skip(if: $y) a ... @include(if: $y) { strict a } }
    one @skip(if: $x) { below { a } }
    string @include(if: false) ... @skip(if: true) { boolean }
  }`
  const data = { one: { ...a, below: a }, string: 'x' }

  it.each([
    [true, true, '{"one":{"a":1,"strict":1}}'],
    [true, false, '{"one":{"a":1,"name":"of a"}}'],
    [false, true, '{"one":{"a":1,"strict":1,"below":{"a":1}}}'],
    [false, false, '{"one":{"name":"of a","a":1,"below":{"a":1}}}'],
  ])('are in the order of what is included first: %p %p', (x, y, text) => {
    expect(complete(schema, query, data, { variables: { x, y } }).text).toBe(text)
  })

  it('leave an empty object when none is included', () => {
    const none = 'query ($x: Boolean!) { one @include(if: $x) { a @skip(if: $x) } }'
    expect(complete(schema, none, data, { variables: { x: true } }).text).toBe('{"one":{}}')
    expect(complete(schema, none, data, { variables: { x: false } }).text).toBe('{}')
  })

  it('depend on nothing but their variables', () => {
    const named = 'query ($constructor: Boolean!) { int @include(if: $constructor) }'
    expect(complete(schema, named, {}, { variables: {} }).text).toBe('{}')
    expect(complete(schema, named, {}, { variables: { constructor: true } }).text).toBe('{"int":null}')
  })
})

describe('a refused field', () => {
  const refusal = { message: 'Not yours.', code: 'UNAUTHORIZED_FIELD_OR_TYPE', extensions: { retryAfterMs: 5 } }

  it('is null with its error, whatever came, and makes null of a parent', () => {
    const refusals = new Map([
      ['one.a', refusal],
      ['items.strict', refusal],
    ])
    const query = '{ one { a name } items { ... on A { strict } name } }'
    const completed = complete(schema, query, { one: a, items: [a, b, null] }, { refusals })
    expect(completed.data).toEqual({ one: { a: null, name: 'of a' }, items: [null, { name: 'of b' }, null] })
    expect(pathsAndCodes(completed)).toEqual([`one.a ${refusal.code}`, `items.0.strict ${refusal.code}`])
    expect(completed.errors[0]?.message).toBe(refusal.message)
  })

  it('may be refused to objects of one type only', () => {
    const refusals = new Map([['items.name', { ...refusal, code: 'ALL' }]])
    const ofOne = new Map([['items.name@A', refusal]])
    const data = { items: [a, { ...b, name: 'kept' }, { __typename: 'Item', name: 'unknown' }] }
    expect(complete(schema, '{ items { name } }', data, { refusals: ofOne }).data).toEqual({
      items: [{ name: null }, { name: 'kept' }, { name: null }],
    })
    expect(pathsAndCodes(complete(schema, '{ items { name } }', data, { refusals }))).toEqual([
      'items.0.name ALL',
      'items.1.name ALL',
      'items.2.name ALL',
    ])
  })
})

describe('errors', () => {
  it('are a thousand and one about the others, those of fetches among them', () => {
    const all = Array.from({ length: 1500 }, () => ({ a: 'one' }))
    const fetched = new GraphQLError('down', { path: ['one'], extensions: { code: 'DOWN' } })
    const { errors } = complete(schema, '{ all { a } }', { all }, { errors: [fetched] })
    expect(errors).toHaveLength(1001)
    expect(errors[0]).toMatchObject({ code: 'DOWN' })
    expect(errors.at(-1)).toMatchObject({ message: expect.stringContaining('501 more errors'), code: INVALID })
    expect(errors.at(-1)?.path).toBeUndefined()
  })

  it('of one answer are not those of the next', () => {
    const options = { schema, clientNames: new Map<string, string>(), refused: new Set<string>() }
    const completion = compileCompletion(operationOf(schema, '{ all { a } }'), options)
    expect(runCompletion(completion, { all: [{ a: 'x' }] }).errors).toHaveLength(1)
    expect(runCompletion(completion, { all: [{ a: 1 }] }).errors).toEqual([])
  })
})

describe('an operation', () => {
  it('has the answers of introspection where it asks for them', () => {
    const query = '{ int __schema { description } again: __type(name: "A") { name } __typename }'
    const introspection = new Map([
      ['__schema', '{"description":null}'],
      ['again', '{"name":"A"}'],
    ])
    expect(complete(schema, query, { int: 1 }, { introspection }).text).toBe(
      '{"int":1,"__schema":{"description":null},"again":{"name":"A"},"__typename":"Query"}',
    )
  })

  it('that spreads its fragments over and over takes no longer for it', () => {
    const levels = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on A { ...F${index + 1} ...F${index + 1} }`,
    )
    const query = `{ one { ...F0 } } ${levels.join(' ')} fragment F60 on A { a next { ...G } next { ...G } } fragment G on A { name }`
    expect(complete(schema, query, { one: { ...a, next: a } }).data).toEqual({ one: { a: 1, next: { name: 'of a' } } })
  })

  it('that comes to far too much is refused', () => {
    const conditions = Array.from({ length: 17 }, (_, index) => `x${index}`)
    const spreads = conditions.map(
      (name, index) =>
        `fragment F${index} on A { ...F${index + 1} @skip(if: $${name}) ...F${index + 1} @include(if: $${name}) }`,
    )
    const declared = conditions.map((name) => `$${name}: Boolean!`)
    const query = `query (${declared.join(' ')}) { one { ...F0 } } ${spreads.join(' ')} fragment F17 on A { a }`
    expect(() => complete(schema, query, {})).toThrow('comes to more than')
  })

  it('may nest as deep as operations may', () => {
    const depth = 500
    const query = `{ one ${'{ below '.repeat(depth)} { a } ${'}'.repeat(depth)} }`
    const tree: unknown = JSON.parse(`{"one":${'{"below":'.repeat(depth)}{"a":1}${'}'.repeat(depth)}}`)
    expect(complete(schema, query, tree).text).toBe(JSON.stringify(tree))
  })
})
