import { createHash } from 'node:crypto'
import { expect } from '@jest/globals'
import type { Probe } from './target.ts'

const repeated = (count: number, text: string) => Array.from({ length: count }, () => text).join(' ')

const query = (text: string, variables?: Record<string, unknown>): Probe['attack'] => {
  return (target) => target.post({ query: text, variables })
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

const persisted = (sha256Hash: unknown) => ({ persistedQuery: { version: 1, sha256Hash } })

/** Each fragment spreads the next one twice. */
const doubling = `{ ...F0 } ${Array.from({ length: 60 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`).join(' ')}
  fragment F60 on Query { hello }`

const invalid = { status: 400, code: 'GRAPHQL_VALIDATION_FAILED' }
const tooMuch = (limit: string) => ({ status: 400, code: 'LIMIT_EXCEEDED', extensions: { limit } })

/** What the schema is must not be told. */
export const DISCLOSURE: Probe[] = [
  { name: 'introspection of the whole schema', attack: query('{ __schema { types { name } } }'), ...invalid },
  {
    name: 'introspection of a type, under an alias',
    attack: query('{ a: __type(name: "Thing") { name } }'),
    ...invalid,
  },
  {
    name: 'introspection in a fragment of a fragment',
    attack: query('{ ...A } fragment A on Query { ...B } fragment B on Query { __schema { queryType { name } } }'),
    ...invalid,
  },
  { name: 'the SDL that subgraphs tell gateways', attack: query('{ _service { sdl } }'), ...invalid },
  {
    name: 'entities by their keys',
    attack: query('{ _entities(representations: [{ __typename: "Thing", id: 1 }]) { __typename } }'),
    ...invalid,
  },
  {
    name: 'a field with a typing mistake, for a suggestion',
    attack: query('{ secretGreetin thing { nam } echo(tex: 1) ... on Thin { id } }'),
    ...invalid,
    never: /did you mean|secretGreeting\b|\bname\b|"Thing"/i,
  },
  {
    name: 'a value with a typing mistake, for a suggestion',
    attack: query('query ($f: Filter, $c: Colour) { echo(filter: $f, colour: $c) }', {
      f: { fieldInsid: 'x' },
      c: 'CRIMSN',
    }),
    status: 400,
    code: 'BAD_USER_INPUT',
    never: /did you mean|fieldInside\b|CRIMSON|TURQUOISE/i,
  },
]

/** Documents that are small to send and large to work on. */
export const BOMBS: Probe[] = [
  {
    name: 'fields nested 500 deep',
    attack: query(`{ ${'thing {'.repeat(500)} id ${'}'.repeat(501)}`),
    ...tooMuch('depth'),
  },
  {
    name: 'fields nested deeper than the stack of a parser',
    attack: query('{thing'.repeat(7000) + '}'.repeat(7000)),
    ...tooMuch('depth'),
  },
  { name: 'a fragment that spreads itself', attack: query('{ ...A } fragment A on Query { hello ...A }'), ...invalid },
  {
    name: 'fragments that spread each other in a circle',
    attack: query('{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }'),
    ...invalid,
  },
  { name: 'fragments that double sixty times', attack: query(doubling), ...tooMuch('rootFields') },
  {
    name: 'a thousand aliases of one field',
    attack: query(`{ thing { ${Array.from({ length: 1000 }, (_, n) => `a${n}: id`).join(' ')} } }`),
    ...tooMuch('aliases'),
  },
  {
    name: 'a thousand directives on one field',
    attack: query(`{ hello ${repeated(1000, '@skip(if: false)')} }`),
    ...tooMuch('directives'),
  },
  { name: 'three hundred thousand tokens', attack: query(`{ ${repeated(300_000, 'a')} }`), ...tooMuch('tokens') },
  {
    name: 'ten thousand times __typename',
    attack: query(`{ ${repeated(10_000, '__typename')} }`),
    ...tooMuch('rootFields'),
  },
  {
    name: 'four thousand equal fields that validation would compare with each other',
    attack: query(`{ thing { ${repeated(2000, 'thing { id }')} } }`),
    ...invalid,
  },
  {
    name: 'a megabyte of commas and comments',
    attack: query(`${'#,,,,,,\n'.repeat(90_000)} { hello }`),
    status: 200,
    data: { hello: 'hello' },
    asked: 1,
  },
  {
    name: 'a megabyte of points, which could be of a number',
    attack: query(`{ hello } #${'.'.repeat(1_000_000)}`),
    status: 200,
    data: { hello: 'hello' },
    asked: 1,
  },
  {
    name: 'a number of a million digits, most of them zeros',
    attack: (target) =>
      target.post(`{"query":"query($n:Int){echo(number:$n)}","variables":{"n":1${'0'.repeat(1_000_000)}1}}`),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a thousand operations to choose from',
    attack: query(Array.from({ length: 1000 }, (_, n) => `query Q${n} { hello }`).join(' ')),
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  {
    name: 'lists nested a hundred deep in an argument',
    attack: query(`{ echo(any: ${'['.repeat(100)}${']'.repeat(100)}) }`),
    ...tooMuch('valueDepth'),
  },
  {
    name: 'lists nested two hundred thousand deep in the variables',
    attack: (target) =>
      target.post(
        `{"query":"query($a:Any){echo(any:$a)}","variables":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
      ),
    ...tooMuch('valueDepth'),
  },
  {
    name: 'a hundred thousand wrong values, for as many errors',
    attack: query('query ($n: [Int]) { echo(number: $n) }', { n: Array.from({ length: 100_000 }, () => 'x') }),
    ...invalid,
    check: ({ text }) => expect(text.length).toBeLessThan(10_000),
  },
]

/** Operations that mean something else than they seem to. */
export const CONFUSION: Probe[] = [
  {
    name: 'an integer above 32 bits',
    attack: query('query ($n: Int) { echo(number: $n) }', { n: 2 ** 31 }),
    status: 400,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'names of the prototype as operation and fragment names',
    attack: (target) =>
      target.post({
        query:
          'query constructor { ...toString ...__proto__ } fragment toString on Query { hello } fragment __proto__ on Query { b: hello }',
        operationName: 'constructor',
      }),
    status: 200,
    data: { hello: 'hello', b: 'hello' },
    asked: 1,
  },
  {
    name: '__proto__ as the name of the operation that is asked for',
    attack: (target) => target.post({ query: 'query A { hello }', operationName: '__proto__x' }),
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  { name: 'a subscription over plain HTTP', attack: query('subscription { hello }'), status: 400 },
  { name: 'answers in parts by @defer', attack: query('{ ... @defer { hello } }'), ...invalid },
  {
    name: 'a NUL byte and half a surrogate pair in a value',
    attack: (target) =>
      target.post(String.raw`{"query":"query($t:String){echo(text:$t)}","variables":{"t":"a\u0000b\ud800"}}`),
    status: 200,
    asked: 1,
    check: ({ json }) => expect(json?.data?.['echo']).toContain(String.raw`a\u0000b`),
  },
  {
    name: 'a persisted query under the hash of another',
    attack: async (target) => {
      const wrong = await target.post({ query: '{ hello }', extensions: persisted(hashOf('{ thing { id } }')) })
      const after = await target.post({ extensions: persisted(hashOf('{ thing { id } }')) })
      expect([after.status, after.json?.errors?.[0]?.extensions['code']]).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND'])
      return wrong
    },
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    name: 'a persisted query that is refused, to have it stored all the same',
    attack: async (target) => {
      const bomb = `{ ${repeated(30, 'hello')} }`
      await target.post({ query: bomb, extensions: persisted(hashOf(bomb)) })
      return target.post({ extensions: persisted(hashOf(bomb)) })
    },
    status: 200,
    code: 'PERSISTED_QUERY_NOT_FOUND',
  },
  {
    name: 'a persisted query whose hash is an object',
    attack: (target) => target.post({ extensions: persisted({ toString: 'x', length: 1e9 }) }),
    status: 400,
    code: 'BAD_REQUEST',
  },
]
