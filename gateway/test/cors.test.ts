import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SUBGRAPHS = { greeter: { sdl: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'hi' } } } }
const STUDIO = 'https://studio.apollographql.com'
const SHOP = 'https://shop.example'

const start = (env: Record<string, string>) => startTinyGraph(SUBGRAPHS, { EXPLORER: 'false', ...env })

const preflight = ({ url }: TinyGraph, origin: string, headers = {}) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
      ...headers,
    },
  })

const ask = ({ url }: TinyGraph, origin: string, query = '{ hello }') =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ query }),
  })

const corsHeadersOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

const PRIVATE = { 'access-control-request-private-network': 'true' }

describe('a production gateway for the pages of one origin', () => {
  let graph: TinyGraph
  beforeAll(async () => {
    graph = await start({ CORS_ORIGINS: SHOP })
  })
  afterAll(async () => graph[Symbol.asyncDispose]())

  it('answers their preflight with what they may do, to be remembered for a while', async () => {
    const response = await preflight(graph, SHOP)
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    const { 'access-control-allow-headers': headers = '', ...others } = corsHeadersOf(response)
    expect(others).toEqual({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-expose-headers': 'retry-after, www-authenticate, x-request-id',
      'access-control-max-age': '7200',
    })
    expect(headers.split(', ')).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'apollo-require-preflight',
        'traceparent',
        'x-apollo-operation-name',
      ]),
    )
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('lets them read answers, also those that refuse', async () => {
    for (const [query, answered] of [
      ['{ hello }', 'data'],
      ['{ nothing }', 'errors'],
    ] as const) {
      const response = await ask(graph, SHOP, query)
      expect(response.headers.get('access-control-allow-origin')).toBe(SHOP)
      expect(response.headers.get('vary')).toBe('Origin')
      expect(Object.keys((await response.json()) as object)).toEqual([answered])
    }
    const tooLarge = await ask(graph, SHOP, ' '.repeat(1_048_576))
    expect([tooLarge.status, tooLarge.headers.get('access-control-allow-origin')]).toEqual([413, SHOP])
  })

  it.each([
    'https://shop.example.evil.example',
    'https://evil-shop.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://sub.shop.example',
    STUDIO,
    'http://localhost:3000',
    'null',
  ])('tells pages of %s nothing, and caches that it depends on the origin', async (origin) => {
    for (const response of [await preflight(graph, origin), await ask(graph, origin)]) {
      expect(corsHeadersOf(response)).toEqual({})
      expect(response.headers.get('vary')).toBe('Origin')
    }
  })

  it('never lets a browser send what it holds for us, nor reaches into private networks', async () => {
    for (const origin of [SHOP, STUDIO]) {
      const headers = corsHeadersOf(await preflight(graph, origin, PRIVATE))
      expect(headers).not.toHaveProperty('access-control-allow-private-network')
      expect(headers).not.toHaveProperty('access-control-allow-credentials')
    }
  })
})

describe('a gateway whose subgraphs receive headers of clients', () => {
  it('did not let pages send those headers', async () => {
    await using graph = await start({ CORS_ORIGINS: SHOP, PROPAGATE_HEADERS: 'Accept-Language,greeter:x-tenant' })
    const headers = (await preflight(graph, SHOP)).headers.get('access-control-allow-headers')?.split(', ')
    expect(headers).toEqual(expect.arrayContaining(['authorization', 'accept-language', 'x-tenant']))
  })
})

describe('a gateway in development', () => {
  let graph: TinyGraph
  beforeAll(async () => {
    graph = await start({ NODE_ENV: 'development' })
  })
  afterAll(async () => graph[Symbol.asyncDispose]())

  it('answers Apollo Sandbox, and lets it reach into the private network that it runs in', async () => {
    const response = await preflight(graph, STUDIO, PRIVATE)
    expect([response.status, corsHeadersOf(response)]).toMatchObject([
      204,
      { 'access-control-allow-origin': STUDIO, 'access-control-allow-private-network': 'true' },
    ])
    expect(corsHeadersOf(await preflight(graph, STUDIO))).not.toHaveProperty('access-control-allow-private-network')
  })

  it.each(['http://localhost', 'http://localhost:5173', 'http://127.0.0.1:3000'])('answers %s', async (origin) => {
    const headers = corsHeadersOf(await preflight(graph, origin, PRIVATE))
    expect(headers).toMatchObject({ 'access-control-allow-origin': origin })
    expect(headers).not.toHaveProperty('access-control-allow-private-network')
  })

  it.each(['http://localhost.evil.example', 'http://localhost:evil', 'https://localhost:3000', 'null', SHOP])(
    'does not answer %s',
    async (origin) => {
      expect(corsHeadersOf(await preflight(graph, origin))).toEqual({})
    },
  )
})

describe('a gateway for everyone', () => {
  it('says so without depending on the origin, and without credentials', async () => {
    await using graph = await start({ CORS_ORIGINS: '*' })
    const response = await ask(graph, 'https://anyone.example')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('vary')).toBeNull()
    expect(corsHeadersOf(await preflight(graph, STUDIO, PRIVATE))).not.toHaveProperty(
      'access-control-allow-private-network',
    )
    expect(graph.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringContaining('CORS_ORIGINS=*') }),
    )
  })
})
