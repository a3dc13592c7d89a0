import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SUBGRAPHS = {
  greeter: {
    sdl: 'type Query { hello(name: String): String broken: String! } type Mutation { greet: String }',
    resolvers: {
      Query: {
        hello: (_: unknown, { name = 'you' }) => `hello ${name}`,
        broken: () => {
          throw new Error('SELECT * FROM secrets failed at 10.0.0.7')
        },
      },
      Mutation: { greet: () => 'greeted' },
    },
  },
}

const RESPONSE = 'application/graphql-response+json; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'
const UUID = /^[0-9a-f-]{36}$/

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph(SUBGRAPHS)
})
afterAll(async () => graph[Symbol.asyncDispose]())

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(graph.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const get = (search: Record<string, string>) =>
  fetch(`${graph.url.href}?${new URLSearchParams(search).toString()}`, {
    headers: { 'apollo-require-preflight': 'yes' },
  })

describe('an answer', () => {
  it('is of the type that the client likes best', async () => {
    for (const [accept, type] of [
      ['application/graphql-response+json', RESPONSE],
      ['application/graphql-response+json, application/json;q=0.9', RESPONSE],
      ['application/json, application/graphql-response+json;q=0.9', JSON_TYPE],
      ['application/graphql-response+json;q=0, */*', JSON_TYPE],
      ['multipart/mixed, application/json', JSON_TYPE],
      ['application/*', JSON_TYPE],
      ['*/*', JSON_TYPE],
    ] as const) {
      const response = await post({ query: '{ hello }' }, { accept })
      expect([accept, response.status, response.headers.get('content-type')]).toEqual([accept, 200, type])
    }
  })

  it('is refused before anything is done, when the client would not accept it', async () => {
    const before = graph.requests.length
    for (const accept of ['text/html', 'multipart/mixed', 'application/json;q=0', 'application/xml, image/*']) {
      const response = await post({ query: 'mutation { greet }' }, { accept })
      expect([accept, response.status]).toEqual([accept, 406])
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_ACCEPTABLE' } }] })
    }
    expect(graph.requests).toHaveLength(before)
  })

  it.each([
    ['what is no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
    ['what the schema does not have', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable that does not fit', 'query ($name: String!) { hello(name: $name) }', 'BAD_USER_INPUT'],
    ['an operation that is not there', 'query A { hello } query B { hello }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('to %s is 400 in the type for GraphQL, and 200 in plain JSON', async (_, query, code) => {
    for (const [accept, status] of [
      ['application/graphql-response+json', 400],
      ['application/json', 200],
    ] as const) {
      const response = await post({ query }, { accept })
      const requestId = response.headers.get('x-request-id')
      expect([response.status, await response.json()]).toEqual([
        status,
        { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code, requestId }) })] },
      ])
    }
  })

  it('that misses a part is 200 in both types, and tells which request it was', async () => {
    for (const accept of ['application/graphql-response+json', 'application/json']) {
      const response = await post({ query: '{ hello broken }' }, { accept })
      expect(response.status).toBe(200)
      const { data, errors } = (await response.json()) as { data: unknown; errors: unknown[] }
      expect(data).toBeNull()
      expect(errors[0]).toMatchObject({ extensions: { requestId: response.headers.get('x-request-id') } })
    }
  })
})

describe('what never becomes a GraphQL request', () => {
  it.each([
    ['no JSON', () => post('{"query":'), 400, 'BAD_REQUEST'],
    ['an empty body', () => post(''), 400, 'BAD_REQUEST'],
    ['a batch', () => post([{ query: '{ hello }' }]), 400, 'BAD_REQUEST'],
    ['no query', () => post({ operationName: 'A' }), 400, 'BAD_REQUEST'],
    ['another media type', () => post('hello', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another encoding', () => post('{}', { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a bare GET', () => fetch(`${graph.url.href}?query={hello}`), 400, 'BAD_REQUEST'],
    ['another method', () => fetch(graph.url, { method: 'PATCH' }), 405, 'METHOD_NOT_ALLOWED'],
    ['a path below', () => fetch(`${graph.url.href}/schema`), 404, 'NOT_FOUND'],
    ['a slash too many', () => fetch(`${graph.url.href}/`), 404, 'NOT_FOUND'],
  ])('%s is told so as GraphQL clients read it', async (_, send, status, code) => {
    const response = await send()
    expect([response.status, response.headers.get('content-type')]).toEqual([status, JSON_TYPE])
    expect(response.headers.get('x-request-id')).toMatch(UUID)
    const extensions = { code, requestId: response.headers.get('x-request-id') }
    expect(await response.json()).toEqual({ errors: [{ message: expect.any(String), extensions }] })
  })

  it('elsewhere is told so in small JSON', async () => {
    for (const path of ['/', '/graphqls', '/favicon.ico']) {
      const response = await fetch(new URL(path, graph.url))
      const requestId = response.headers.get('x-request-id')
      expect([response.status, await response.json()]).toEqual([404, { error: 'Not found.', requestId }])
    }
  })

  it('is answered in the type for GraphQL where that was asked for', async () => {
    const response = await post('{', { accept: 'application/graphql-response+json' })
    expect([response.status, response.headers.get('content-type')]).toEqual([400, RESPONSE])
  })
})

describe('a body with a key that could poison prototypes', () => {
  it.each([
    '{"query":"{ hello }","variables":{"__proto__":{}}}',
    '{"query":"{ hello }","constructor":{"prototype":{}}}',
  ])('was said to be no JSON: %s', async (body) => {
    const { errors } = (await (await post(body)).json()) as { errors: { message: string }[] }
    expect(errors[0]?.message).toContain('"__proto__"')
  })
})

describe('HEAD', () => {
  it('was named among the methods of the path of GraphQL, and refused', async () => {
    const response = await fetch(graph.url, { method: 'HEAD' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })
})

describe('a document with more mistakes than are listed', () => {
  it('ended in words of the validator, without saying which limit it is', async () => {
    const query = `{ hello(${Array.from({ length: 150 }, (_, n) => `unknown${n}: 1`).join(' ')}) }`
    const { errors } = (await (await post({ query })).json()) as { errors: { message: string; extensions: object }[] }
    expect(errors.at(-1)).toMatchObject({
      message: 'The document has more mistakes than these 100.',
      extensions: { code: 'LIMIT_EXCEEDED', limit: 'mistakes', maximum: 100 },
    })
  })
})

describe('introspection that is switched off', () => {
  it('told clients how to program Apollo Server', async () => {
    const { errors } = (await (await post({ query: '{ __schema { queryType { name } } }' })).json()) as {
      errors: { message: string }[]
    }
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(['Introspection is switched off here.']))
  })
})

describe('a mutation by GET', () => {
  it('is refused with 405 whatever type is accepted, and not run', async () => {
    const before = graph.requests.length
    const response = await get({ query: 'mutation { greet }' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(graph.requests).toHaveLength(before)
  })
})

describe('persisted queries', () => {
  const query = 'query ($name: String) { hello(name: $name) }'
  const extensions = {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  }

  it('are unknown, registered, and then asked for by GET with their hash alone', async () => {
    const byHash = { extensions: JSON.stringify(extensions), variables: '{"name":"Ann"}' }
    expect(await (await get(byHash)).json()).toMatchObject({
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    })
    expect(await (await post({ query, extensions })).json()).toEqual({ data: { hello: 'hello you' } })
    expect(await (await get(byHash)).json()).toEqual({ data: { hello: 'hello Ann' } })
  })

  it.each([[{}], [['a']], [7], ['x'.repeat(100_000)], [undefined]])('have a hash, and not %#', async (sha256Hash) => {
    const malformed = { persistedQuery: { version: 1, sha256Hash } }
    const response = await post({ extensions: malformed })
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ])
    expect(await (await post({ query, extensions: malformed })).json()).toEqual({ data: { hello: 'hello you' } })
    expect(graph.logged.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('the headers of an answer', () => {
  const LOCKED = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }

  it('keep browsers from doing anything with it but read it, whatever it is', async () => {
    for (const response of [
      await post({ query: '{ hello }' }),
      await post('{'),
      await fetch(new URL('/nowhere', graph.url)),
      await fetch(new URL('/health/live', graph.url)),
      await fetch(graph.url, { method: 'DELETE' }),
    ]) {
      const headers = Object.fromEntries(response.headers)
      expect(headers).toMatchObject(LOCKED)
      for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
        expect(headers).not.toHaveProperty(name)
    }
  })

  it('keep caches from keeping it', async () => {
    for (const response of [await post({ query: '{ hello }' }), await post('{'), await get({ query: '{ hello }' })]) {
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('make browsers insist on https when that is configured', async () => {
    await using strict = await startTinyGraph(SUBGRAPHS, { HSTS_SECONDS: '31536000' })
    const { headers } = await fetch(strict.url)
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})
