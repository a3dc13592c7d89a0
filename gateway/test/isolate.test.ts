import { describe, expect, it } from '@jest/globals'
import { parse, print } from 'graphql'
import { createIsolation, type Isolated } from '../src/plan/isolate.ts'
import { createPlanMaker } from '../src/plan/plan-maker.ts'
import { composed, operationIn } from './planning-graph.ts'

const graph = composed({
  products: `type Query { product: Product media: [Media] any(x: Any, f: Float, id: ID, in: In, list: [Any!]): Int }
    scalar Any input In { any: Any n: Int = 5 }
    interface Media { author: Person }
    type Book implements Media { author: Person isbn: String }
    type Film implements Media { author: Person length: Int }
    type Person @key(fields: "id") { id: ID! }
    type Product @key(fields: "id") { id: ID! name: String price(currency: String): Int }`,
  reviews: `type Product @key(fields: "id") { id: ID! price(currency: String): Int @external
      expensive: Boolean @requires(fields: "price") reviews: [Review!]! }
    type Review { body: String }`,
  people: `type Person @key(fields: "id") { id: ID! name: String photo(size: Int): String }`,
})
const isolate = createIsolation(graph)

function isolated(text: string): Isolated {
  return isolate(operationIn(text))
}

/** What of the client's names has become of which field, such as `id: name`. */
function renamed(text: string): string[] {
  const { operation, clientNames } = isolated(text)
  const found = new Set(print(operation.document).match(/_internal_\w+: \w+/g))
  return Array.from(found, (field) => {
    const [internal = '', name] = field.split(': ')
    return `${clientNames.get(internal)}: ${name}`
  })
}

describe('the response names of an operation', () => {
  it('stay as they are where nothing can clash, at no cost', () => {
    const operation = operationIn('query Q($yes: Boolean!) { product { id name n: name @skip(if: $yes) price } }')
    const same = isolate(operation)
    expect(same.operation).toBe(operation)
    expect(same.clientNames.size).toBe(0)
    const variables = { yes: true }
    expect(same.toVariables(variables)).toBe(variables)
  })

  it.each([
    ['are of a key', '{ product { id: name reviews { body } } }', ['id: name']],
    ['belong to the type of an object', '{ product { __typename: name } }', ['__typename: name']],
    ['are what every object of JavaScript has', '{ product { __proto__: name } }', ['__proto__: name']],
    [
      'are those of the planner',
      '{ product { a__alias_0: name _entities: name } }',
      ['a__alias_0: name', '_entities: name'],
    ],
    [
      'are the own name of a required field with other arguments',
      '{ product { price(currency: "EUR") } }',
      ['price: price'],
    ],
    [
      'stand for other fields on other types',
      '{ media { ... on Book { x: isbn } ... on Film { x: length } } }',
      ['x: isbn', 'x: length'],
    ],
    [
      'stand for other arguments where two types lead to one path',
      '{ media { ... on Book { author { photo(size: 1) } } ... on Film { author { photo(size: 2) } } } }',
      ['photo: photo', 'photo: photo'],
    ],
  ])('are others inside when they %s', (_, text, expected) => {
    expect(renamed(text)).toEqual(expected)
  })

  it('are one name inside for one field, wherever and however it is selected, so that it is asked for once', () => {
    const { clientNames } = isolated(`query ($yes: Boolean!) {
      product { id: name ...F @skip(if: $yes) } other: product { id: name @include(if: $yes) }
    } fragment F on Product { id: name }`)
    expect([...clientNames.values()]).toEqual(['id'])
  })

  it('do not depend on directives, also not on custom ones', () => {
    const text = '{ product { id id @custom a: price a: price @custom(n: 1) } media { author { id @custom } } }'
    expect(renamed(text)).toEqual([])
    const { clientNames } = isolated('{ product { id: name id: name @custom } }')
    expect([...clientNames.values()]).toEqual(['id'])
  })

  it('do not depend on the order of arguments and of fields in input objects', () => {
    const text = (field: string) => `{ media { ... on Book { author { ${field} } } ... on Film { author { photo } } } }`
    const { clientNames } = isolated(
      `{ a: any(x: {b: 1, a: 2}, f: 1) media { ...F ... on Film { isbn: length } } } fragment F on Book { isbn }`,
    )
    expect([...clientNames.values()]).toEqual(['isbn', 'isbn'])
    expect(renamed(text('photo(size: 1)'))).toHaveLength(2)
    expect(renamed(text('photo'))).toEqual([])
  })

  it('are the same in what is left of an operation', () => {
    const whole = isolated('{ media { ... on Book { x: isbn } ... on Film { x: length } } }')
    const left = isolate(operationIn('{ media { ... on Film { x: length } } }'), whole.names)
    const written = print(left.operation.document)
    expect([...whole.clientNames.keys()].filter((name) => written.includes(name))).toHaveLength(1)
    expect(left.clientNames).toBe(whole.clientNames)
  })

  it('let the planner ask for a key and for an alias of its name', () => {
    const { operation } = isolated('{ product { id: name reviews { body } } }')
    const plan = JSON.stringify(createPlanMaker(graph)({ operation, overrides: new Map() }))
    expect(plan).toMatch(/product\{__typename id _internal_\w+:name\}/)
    expect(plan).toContain('reviews{body}')
  })
})

describe('the variables of an operation', () => {
  it('keep what the planner calls its own', () => {
    const { operation, toVariables } = isolated('query ($representations: Int) { any(x: $representations) }')
    expect(print(operation.document)).not.toContain('$representations')
    expect(toVariables({ representations: 7 })).toEqual({ _internal_variable_representations: 7 })
    expect(toVariables({})).toEqual({})
  })
})

describe('the literals of an operation', () => {
  /** What a subgraph is sent for an operation with one fetch. */
  function sent(text: string, client: Record<string, unknown> = {}): { query: string; variables: string } {
    const { operation, toVariables } = isolated(text)
    const { node } = createPlanMaker(graph)({ operation, overrides: new Map() })
    if (node?.kind !== 'Fetch') throw new Error('There is more than one fetch.')
    const variables = toVariables(client)
    const used = node.variableUsages ?? []
    expect(() => parse(node.operation)).not.toThrow()
    return {
      query: node.operation.replaceAll(/_internal_\w+/g, 'lifted'),
      variables: JSON.stringify(used.map((name) => variables[name])),
    }
  }

  it.each([
    ['an integer', 'x: 12345678901234567890', 'any(x:$lifted)', '[12345678901234567890]'],
    ['trailing zeros', 'x: 1.50', 'any(x:$lifted)', '[1.50]'],
    ['a number that no double holds', 'x: 1e400', 'any(x:$lifted)', '[1e400]'],
    ['a long float', 'f: 0.12345678901234567890', 'any(f:$lifted)', '[0.12345678901234567890]'],
    [
      'numbers in lists and objects',
      'x: [{a: 9007199254740993, b: RED, c: null, d: "x", e: [true]}]',
      'any(x:$lifted)',
      '[[{"a":9007199254740993,"b":"RED","c":null,"d":"x","e":[true]}]]',
    ],
    [
      'a number in an input object',
      'in: {any: 9007199254740993, n: 1}',
      'any(in:{any:$lifted n:1})',
      '[9007199254740993]',
    ],
    ['one for a list', 'list: 9007199254740993', 'any(list:[$lifted])', '[9007199254740993]'],
  ])('keep the digits of %s', (_, argument, query, variables) => {
    expect(sent(`{ any(${argument}) }`)).toEqual({ query: expect.stringContaining(query), variables })
  })

  it('keep the digits beside variables', () => {
    const text = 'query ($v: Int) { any(x: {a: [$v, 9007199254740993]}) }'
    expect(sent(text, { v: 1 })).toEqual({
      query: expect.stringContaining('any(x:{a:[$v$lifted]})'),
      variables: '[1,9007199254740993]',
    })
  })

  it('keep the digits of default values, unless there is a value', () => {
    const text = 'query ($x: Any = 9007199254740993, $in: In = {any: 1.50}) { any(x: $x, in: $in) }'
    expect(sent(text).variables).toBe('[9007199254740993,{"any":1.50}]')
    expect(sent(text, { x: null }).variables).toBe('[null,{"any":1.50}]')
  })

  it.each(['x: 15', 'x: -1.5', 'f: 1.50', 'f: 1e3', 'id: 12345678901234567890', 'id: "007"', 'x: "9007199254740993"'])(
    'stay in the text where they are kept anyway: %s',
    (argument) => {
      const operation = operationIn(`{ any(${argument}) }`)
      expect(isolate(operation).operation).toBe(operation)
    },
  )
})
