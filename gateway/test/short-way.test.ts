import { createHash } from 'node:crypto'
import { request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { RATE_LIMIT } from './rate-limited-schema.ts'
import { SDL } from './probes/target.ts'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'
import { AUDIENCE, bearer, inSeconds, ISSUER, startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

const thing = (): object => ({ id: '1', name: 'thing', thing })

const THINGS = {
  sdl: `${RATE_LIMIT}
    ${SDL}
    extend type Query {
      once: String @rateLimit(limit: 1, duration: 3600)
      never: String!
      big: Any
    }`,
  resolvers: {
    Query: {
      hello: () => 'hello',
      secretGreeting: () => 'welcome',
      echo: (_: unknown, values: object) => JSON.stringify(values),
      thing,
      once: () => 'once',
      broken: () => {
        throw new Error('no luck')
      },
      never: () => null,
    },
    Mutation: { change: () => 'changed' },
  },
}

/** Bodies as they came, since parsing them would lose digits. */
const bodies: string[] = []
const DIGITS = {
  sdl: 'scalar Any type Query { digits(any: Any): Int }',
  resolvers: {},
  onPost(request: IncomingMessage, response: ServerResponse) {
    response.setHeader('content-type', 'application/json')
    void readText(request)
      .then((text) => bodies.push(text))
      .finally(() => response.end('{"data":{"digits":1}}'))
  },
}

let issuer: TokenIssuer
let graph: TinyGraph
/** Values of `authorization`. */
let tokens: Readonly<Record<string, string | string[] | undefined>>
beforeAll(async () => {
  issuer = await startTokenIssuer()
  graph = await startTinyGraph(
    { things: THINGS, digits: DIGITS },
    {
      JWKS_URL: issuer.jwksUrl.href,
      TOKEN_ISSUER: ISSUER,
      TOKEN_AUDIENCE: AUDIENCE,
      CORS_ORIGINS: 'https://a.example',
      PROPAGATE_HEADERS: 'x-large',
    },
  )
  const good = await bearer(issuer.key)
  const expired = await bearer(issuer.key, { claims: { exp: inSeconds(-60) } })
  tokens = { none: undefined, good, expired, basic: 'Basic YTpi', two: [good, good], empty: '' }
  // The window of the limit is used up, and stays so.
  await send({ body: '{"query":"{ once }"}' })
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

interface Sent {
  method?: string
  body?: string
  search?: string
  headers?: Record<string, string | string[] | undefined> | undefined
}

interface Answered {
  status: number | undefined
  /** In the order in which they came. */
  headers: [name: string, value: string][]
  text: string
}

async function send({ method = 'POST', body, search = '', headers = {} }: Sent): Promise<Answered> {
  const { hostname, port, pathname } = graph.url
  const all = Object.entries({ 'content-type': 'application/json', 'x-request-id': 'the-same-id', ...headers })
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const sent = sendRequest(
    {
      hostname,
      port,
      path: `${pathname}${search}`,
      method,
      agent: false,
      headers: Object.fromEntries(all.filter(([, value]) => value !== undefined)),
    },
    (response) => {
      const { rawHeaders, statusCode: status } = response
      const names = rawHeaders.filter((_, index) => index % 2 === 0)
      const answered = names.map((name, index): [string, string] => [
        name,
        withoutTime(name, rawHeaders[2 * index + 1]),
      ])
      readText(response).then(
        (text) =>
          resolve({ status, headers: answered, text: text.replace(/("retryAfterMs":|try again in )\d+/g, '$1') }),
        reject,
      )
    },
  )
  sent.once('error', reject)
  sent.end(body)
  return promise
}

/** Retry-After counts down, and with it the length. */
function withoutTime(name: string, value = ''): string {
  return /^(date|retry-after)$/i.test(name) ? '' : value
}

const DOCUMENTS: Record<string, string> = {
  'a field': '{ hello }',
  'a named operation': 'query A { hello }',
  'two operations': 'query A { hello } query B { thing { id } }',
  'aliases and fragments': 'query A { b: hello ...F } fragment F on Query { thing { __typename id thing { name } } }',
  'names of the prototype': 'query A { constructor: hello toString: hello }',
  variables: 'query A($t: String, $n: Int, $a: Any, $f: Filter) { echo(text: $t, number: $n, any: $a, filter: $f) }',
  'a variable that is needed': 'query A($n: Int!) { echo(number: $n) }',
  'a switch': 'query A($n: Boolean = true) { hello @include(if: $n) thing { id @skip(if: $n) } }',
  'what is broken': '{ hello broken }',
  'null where none may be': '{ hello never }',
  'what has to be authorized': '{ hello secretGreeting }',
  'nothing else than that': '{ secretGreeting }',
  'a used up limit': '{ once }',
  'a used up limit, and more': '{ hello once }',
  'a mutation': 'mutation A { change }',
  'a subscription': 'subscription { hello }',
  'the type of the root': '{ __typename }',
  introspection: '{ __schema { types { name } } }',
  'no GraphQL': '{',
  'what there is not': '{ nothing }',
  'too many levels': `{ ${'thing {'.repeat(30)} id ${'}'.repeat(31)}`,
}

const BODIES: Record<string, Record<string, unknown>> = {
  'nothing else': {},
  'the name A': { operationName: 'A' },
  'the name B': { operationName: 'B' },
  'null for all else': { operationName: null, variables: null, extensions: null },
  'an empty name': { operationName: '' },
  'a name that is a number': { operationName: 1 },
  'values of all types': { variables: { t: 'é "\u2028', n: 7, a: [{ b: null }], f: { fieldInside: 'x' } } },
  'values of wrong types': { variables: { t: 1, n: 'x', a: 1, f: { no: 1 } } },
  'null and a value too many': { variables: { t: null, n: null, other: 1 } },
  'lists nested too deeply': { variables: { a: JSON.parse('['.repeat(30) + ']'.repeat(30)) as unknown } },
  'a list for variables': { variables: [] },
  'text for variables': { variables: '{}' },
  'extensions that mean nothing': { extensions: { trace: true } },
  'a list for extensions': { extensions: [] },
  'a malformed hash': { extensions: { persistedQuery: { version: 1, sha256Hash: {} } } },
  'fields that there are not': { id: 1, constructor: 1 },
}

const HEADERS: Record<string, Sent['headers']> = {
  'no accept': {},
  'the type for GraphQL': { accept: 'application/graphql-response+json' },
  'both types': { accept: 'application/graphql-response+json;q=0.5, application/json;q=0.4, */*;q=0.1' },
  'any type': { accept: '*/*' },
  'a page': { accept: 'text/html' },
  'a charset': { 'content-type': 'application/json; charset=UTF-8', accept: 'application/json' },
  'another charset': { 'content-type': 'application/json; charset=latin1' },
  'another type': { 'content-type': 'application/graphql' },
  'an origin that may': { origin: 'https://a.example' },
  'an origin that may not': { origin: 'https://b.example' },
  'a large header for subgraphs': { 'x-large': 'x'.repeat(9000) },
}

const entries = <Value>(record: Record<string, Value>) => Object.entries(record)

/** Each with a document of its own, which is new to the gateway. */
const REQUESTS: [
  name: string,
  makeBody: (document: string) => string,
  document: string,
  headers: () => Sent['headers'],
][] = [
  ...entries(DOCUMENTS).flatMap(([what, document]) =>
    entries(BODIES).map(([with_, fields]): (typeof REQUESTS)[number] => [
      `${what}, with ${with_}`,
      (query) => JSON.stringify({ query, ...fields }),
      document,
      () => ({ accept: 'application/graphql-response+json' }),
    ]),
  ),
  ...['a field', 'variables', 'what is broken', 'a used up limit', 'no GraphQL', 'a subscription'].flatMap((what) =>
    entries(HEADERS).map(([with_, headers]): (typeof REQUESTS)[number] => [
      `${what}, for ${with_}`,
      (query) => JSON.stringify({ query, variables: { n: 'x' } }),
      DOCUMENTS[what] ?? '',
      () => headers,
    ]),
  ),
  ...['a field', 'what has to be authorized', 'nothing else than that', 'no GraphQL', 'two operations'].flatMap(
    (what) =>
      ['none', 'good', 'expired', 'basic', 'two', 'empty'].map((token): (typeof REQUESTS)[number] => [
        `${what}, by a token that is ${token}`,
        (query) => JSON.stringify({ query }),
        DOCUMENTS[what] ?? '',
        () => ({ authorization: tokens[token], accept: 'application/graphql-response+json' }),
      ]),
  ),
]

describe('a request whose document is known', () => {
  it.each(REQUESTS)('is answered as the first one was: %s', async (name, makeBody, document, makeHeaders) => {
    const body = makeBody(`${document} # ${name}`)
    const headers = makeHeaders()
    const cold = await send({ body, headers })
    expect(await send({ body, headers })).toEqual(cold)
    expect(await send({ body, headers })).toEqual(cold)
  })

  it('leaves the same line in the log as the first one did', async () => {
    const lineOf = async (body: string) => {
      graph.logged.length = 0
      await send({ body })
      while (graph.logged.length === 0) await new Promise(setImmediate)
      return graph.logged.map((line) => ({
        ...line,
        time: '',
        durationMs: 0,
        subgraphs: Object.keys(line['subgraphs'] ?? {}),
      }))
    }
    for (const query of [
      'query Logged { hello }',
      '{ logged: broken }',
      '{ logged: once }',
      'mutation Logged { change }',
    ]) {
      const body = JSON.stringify({ query })
      expect(await lineOf(body)).toEqual(await lineOf(body))
    }
  })

  it('is served by its hash once that is registered, and not before', async () => {
    const query = 'query ($t: String) { echo(text: $t) } # by hash'
    const sha256Hash = createHash('sha256').update(query).digest('hex')
    const extensions = { persistedQuery: { version: 1, sha256Hash } }
    const byHash = JSON.stringify({ extensions, variables: { t: 'x' } })
    await send({ body: JSON.stringify({ query }) })
    await send({ body: JSON.stringify({ query }) })
    expect((await send({ body: byHash })).text).toContain('PersistedQueryNotFound')
    await send({ body: JSON.stringify({ query, extensions }) })
    const first = await send({ body: byHash })
    expect(first.text).toBe(String.raw`{"data":{"echo":"{\"text\":\"x\"}"}}`)
    expect(await send({ body: byHash })).toEqual(first)
    expect(
      await send({
        method: 'GET',
        search: `?extensions=${encodeURIComponent(JSON.stringify(extensions))}&variables={"t":"x"}`.replaceAll(
          '"',
          '%22',
        ),
      }),
    ).toEqual(first)
  })
})

describe('numbers in variables', () => {
  const query = 'query ($a: Any, $n: Int, $t: String) { echo(any: $a, number: $n, text: $t) } # numbers'
  const echoed = async (variables: string) =>
    (await send({ body: `{"query":${JSON.stringify(query)},"variables":${variables}}` })).text

  it('of custom scalars keep their digits', async () => {
    const values = '[9007199254740993,0.12345678901234567891,{"deep":-12345678901234567890}]'
    const body = `{"query":"query ($a: Any) { digits(any: $a) }","variables":{"a":${values}}}`
    for (let time = 0; time < 2; time += 1) {
      expect((await send({ body })).text).toBe('{"data":{"digits":1}}')
      expect(bodies.splice(0)).toEqual([expect.stringContaining(values)])
    }
  })

  it('of known scalars are the numbers that they are', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(await echoed('{"n":9007199254740993}')).toContain('Int cannot represent non 32-bit signed integer value')
      expect(await echoed('{"n":7.0000000000000000000}')).toContain(String.raw`\"number\":7`)
      expect(await echoed('{"t":9007199254740993}')).toContain('String cannot represent a non string value')
    }
  })

  it('in place of objects are no variables', async () => {
    for (const variables of ['9007199254740993', '[9007199254740993]']) {
      expect(await echoed(variables)).toContain('BAD_REQUEST')
    }
  })
})
