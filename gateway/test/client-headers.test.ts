import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { loadConfig } from '../src/config.ts'
import { startTinyGraph, type TinyGraph, type TinySubgraph } from './tiny-graph.ts'
import { bearer, ISSUER, startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

const subgraphs: Record<string, TinySubgraph> = {
  menu: { sdl: 'type Query { dish: String }', resolvers: { Query: { dish: () => 'soup' } } },
  cellar: { sdl: 'type Query { wine: String }', resolvers: { Query: { wine: () => 'red' } } },
}

/** Sends headers that `fetch` would not, such as one twice. */
async function post(url: URL, headers: Record<string, string | string[]>) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; challenge: unknown; body: string }>()
  const outgoing = httpRequest(
    url,
    { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
    (response) => {
      const { statusCode: status = 0, headers: answered } = response
      void text(response).then((body) => resolve({ status, challenge: answered['www-authenticate'], body }), reject)
    },
  )
  outgoing.once('error', reject)
  outgoing.end(JSON.stringify({ query: '{ dish }' }))
  return promise
}

describe("a client's headers", () => {
  it('stay at the gateway unless configured', async () => {
    await using graph = await startTinyGraph(subgraphs)
    const headers = { authorization: 'Bearer a.b.c', cookie: 'a=b', 'x-tenant': 'acme', 'x-portico-identity': 'forged' }
    await postGraphql(graph.url, { query: '{ dish }' }, headers)
    expect(graph.requests).toHaveLength(1)
    for (const name of Object.keys(headers)) expect(graph.requests[0]?.headers).not.toHaveProperty(name)
  })

  it('reach the subgraphs that they are configured for, as they came', async () => {
    await using graph = await startTinyGraph(subgraphs, { PROPAGATE_HEADERS: 'Accept-Language,cellar:X-Tenant,cookie' })
    const headers = { 'accept-language': 'de', 'x-tenant': 'acme, b', cookie: 'a=b; c=d', 'x-other': 'no' }
    await postGraphql(graph.url, { query: '{ dish wine }' }, headers)
    const seenBy = (name: string) => graph.requests.find(({ subgraph }) => subgraph === name)?.headers
    expect(seenBy('menu')).toMatchObject({ 'accept-language': 'de', cookie: 'a=b; c=d' })
    expect(seenBy('menu')).not.toHaveProperty('x-tenant')
    expect(seenBy('cellar')).toMatchObject({ 'accept-language': 'de', 'x-tenant': 'acme, b', cookie: 'a=b; c=d' })
    expect(seenBy('cellar')).not.toHaveProperty('x-other')
  })

  it('never stand in for what the gateway says, and are left out when the client has none', async () => {
    await using graph = await startTinyGraph(subgraphs, { PROPAGATE_HEADERS: 'x-tenant' })
    await postGraphql(graph.url, { query: '{ dish }' }, { 'x-request-id': 'request-1234' })
    expect(graph.requests[0]?.headers).toMatchObject({ 'x-request-id': 'request-1234' })
    expect(graph.requests[0]?.headers).not.toHaveProperty('x-tenant')
  })

  it('that say in whose trace it belongs reach every subgraph, when they are well formed', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const trace = { traceparent, tracestate: 'congo=t61rcWkgMzE' }
    const received = (graph: TinyGraph) =>
      graph.requests.splice(0).map(({ text: _, headers }) => [headers['traceparent'], headers['tracestate']])
    // Named or not, they are sent once.
    for (const names of ['x-tenant', 'menu:traceparent,tracestate']) {
      await using graph = await startTinyGraph(subgraphs, { PROPAGATE_HEADERS: names })
      await postGraphql(graph.url, { query: '{ dish wine }' }, trace)
      expect(received(graph)).toEqual([
        [traceparent, trace.tracestate],
        [traceparent, trace.tracestate],
      ])
      await postGraphql(graph.url, { query: '{ dish }' }, { ...trace, tracestate: 'no state' })
      expect(received(graph)).toEqual([[traceparent, undefined]])
      await postGraphql(graph.url, { query: '{ dish }' }, { ...trace, traceparent: `${traceparent}-more` })
      expect(received(graph)).toEqual([[undefined, undefined]])
    }
  })

  it('that say in whose trace it belongs do not keep identical queries from being shared', async () => {
    const asked = Promise.withResolvers<void>()
    const resolvers = { Query: { dish: async () => (await asked.promise, 'soup') } }
    const slow = { menu: { sdl: 'type Query { dish: String }', resolvers } }
    await using graph = await startTinyGraph(slow, { SHARE_FETCHES: 'all' })
    const traceOf = (digit: string) => ({ traceparent: `00-${digit.repeat(32)}-b7ad6b7169203331-01` })
    const replies = ['a', 'b'].map((digit) => postGraphql(graph.url, { query: '{ dish }' }, traceOf(digit)))
    await eventually(() => graph.requests.length > 0)
    await postGraphql(graph.url, { query: '{ __typename }' })
    asked.resolve()
    expect((await Promise.all(replies)).map(({ data }) => data)).toEqual([{ dish: 'soup' }, { dish: 'soup' }])
    expect(graph.requests).toHaveLength(1)
  })

  it('that are too large are refused, since leaving them out could change the answer', async () => {
    await using graph = await startTinyGraph(subgraphs, { PROPAGATE_HEADERS: 'x-tenant,cookie' })
    const half = 'x'.repeat(4500)
    const { status, errors } = await postGraphql(graph.url, { query: '{ dish }' }, { 'x-tenant': half, cookie: half })
    expect(status).toBe(431)
    expect(errors).toMatchObject([{ extensions: { code: 'HEADERS_TOO_LARGE' } }])
    expect(graph.requests).toEqual([])
  })

  it.each([
    'connection',
    'Transfer-Encoding',
    'proxy-authorization',
    'content-type',
    'host',
    'accept-encoding',
    'if-match',
    'x-portico-identity',
    'x-request-id',
    'orders:content-length',
    'a b',
    ':x',
    'orders:',
  ])('can not be configured to be %j', (name) => {
    const env = { SUPERGRAPH_PATH: 'a', PROPAGATE_HEADERS: `accept-language,${name}` }
    expect(() => loadConfig(env)).toThrow(/PROPAGATE_HEADERS: /)
  })

  it('can not be meant for a subgraph that is not there', async () => {
    const start = startTinyGraph(subgraphs, { PROPAGATE_HEADERS: 'garage:x-tenant' })
    await expect(start).rejects.toEqual(
      new ConfigError(['PROPAGATE_HEADERS: the supergraph has no subgraph garage; it has cellar, menu']),
    )
  })
})

describe('an authorization header', () => {
  let issuer: TokenIssuer
  let trust: Record<string, string>
  let graph: TinyGraph
  beforeAll(async () => {
    issuer = await startTokenIssuer('RS256')
    trust = {
      JWKS_URL: issuer.jwksUrl.href,
      TOKEN_ISSUER: ISSUER,
      TOKEN_AUDIENCE: 'portico',
      TOKEN_ALGORITHMS: 'RS256',
    }
    graph = await startTinyGraph(subgraphs, trust)
  })
  afterAll(async () => {
    await graph[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  it.each<[string, string | string[]]>([
    ['of another scheme', 'Basic dXNlcjpwYXNz'],
    ['that is empty', ''],
    ['without a token', 'Bearer'],
    ['that is too long', `Bearer ${'a'.repeat(10_000)}.b.c`],
    ['that comes twice', ['Bearer a.b.c', 'Bearer d.e.f']],
  ])('%s is answered with 401, and nothing is fetched', async (_, authorization) => {
    const { status, challenge, body } = await post(graph.url, { authorization })
    expect([status, challenge]).toEqual([401, 'Bearer error="invalid_token"'])
    expect(body).toContain('UNAUTHENTICATED')
    expect(graph.requests).toEqual([])
  })

  it('that is good beside another one is answered with 401 as well', async () => {
    const good = await bearer(issuer.key)
    for (const authorization of [
      [good, 'Bearer a.b.c'],
      [good, good],
    ]) {
      expect(await post(graph.url, { authorization })).toMatchObject({ status: 401 })
    }
  })

  it('reaches a subgraph only where it is configured by name', async () => {
    await using open = await startTinyGraph(subgraphs, { ...trust, PROPAGATE_HEADERS: 'menu:authorization' })
    const authorization = await bearer(issuer.key)
    const { data } = await postGraphql(open.url, { query: '{ dish wine }' }, { authorization })
    expect(data).toEqual({ dish: 'soup', wine: 'red' })
    const received = open.requests.map(({ subgraph, headers }) => [subgraph, headers.authorization])
    expect(Object.fromEntries(received)).toEqual({ menu: authorization, cellar: undefined })
  })
})
