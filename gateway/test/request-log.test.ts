import { once } from 'node:events'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SHOP = {
  sdl: `
    type Query { shop: Shop broken: String slow: String echo(text: String): String }
    type Shop @key(fields: "id") { id: ID! name: String }
  `,
  resolvers: {
    Query: {
      shop: () => ({ id: '1', name: 'Portico' }),
      broken: () => {
        throw new Error('no luck')
      },
      slow: () => new Promise(() => undefined),
      echo: (_: unknown, { text }: { text: string }) => text,
    },
  },
}
const RATINGS = {
  sdl: `type Shop @key(fields: "id") { id: ID! rating: Int }`,
  resolvers: { Shop: { __resolveReference: () => ({ id: '1', rating: 5 }) } },
}

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph({ shop: SHOP, ratings: RATINGS }, { SUBGRAPH_TIMEOUT_MS: '60000' })
})
afterAll(async () => graph[Symbol.asyncDispose]())
beforeEach(() => {
  graph.logged.length = 0
})

/** The one line of the one request that the test sent. */
async function line(): Promise<Record<string, unknown>> {
  await eventually(() => graph.logged.some(({ msg }) => msg === 'request'))
  const lines = graph.logged.filter(({ msg }) => msg === 'request')
  expect(lines).toHaveLength(1)
  return lines[0] ?? {}
}

/** Writes bytes to a connection of its own, and reads until the gateway closes it. */
async function exchange({ url }: TinyGraph, bytes: string): Promise<string> {
  const socket = connect(Number(url.port), url.hostname)
  socket.write(bytes)
  return readText(socket)
}

const send = (body: string, headers: Record<string, string> = {}) =>
  fetch(graph.url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })

describe('the log line of a request', () => {
  it('names the operation, its document, its client and what it asked of each subgraph', async () => {
    const query = 'query Front { shop { name rating } }'
    await postGraphql(graph.url, { query }, { 'x-request-id': 'request-1234' })
    expect(await line()).toEqual({
      level: 'info',
      time: expect.any(String),
      service: 'gateway',
      msg: 'request',
      requestId: 'request-1234',
      method: 'POST',
      path: '/graphql',
      operationName: 'Front',
      operationType: 'query',
      documentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 200,
      durationMs: expect.any(Number),
      clientAddress: '127.0.0.1',
      subgraphs: {
        shop: { calls: 1, totalMs: expect.any(Number), maxMs: expect.any(Number) },
        ratings: { calls: 1, totalMs: expect.any(Number), maxMs: expect.any(Number) },
      },
    })
  })

  it('has neither variables, nor the text of the query, nor tokens', async () => {
    const query = 'query Search($text: String) { echo(text: $text) inline: echo(text: "spoken") }'
    await postGraphql(graph.url, { query, variables: { text: 'whispered' } }, { authorization: 'Bearer a.b.secret' })
    const asGet = new URL(graph.url)
    asGet.search = new URLSearchParams({ query: '{ echo(text: "spoken") }' }).toString()
    await fetch(asGet, { headers: { authorization: 'Bearer a.b.secret', 'apollo-require-preflight': 'true' } })
    await eventually(() => graph.logged.filter(({ msg }) => msg === 'request').length === 2)
    expect(JSON.stringify(graph.logged)).not.toMatch(/whispered|spoken|secret|echo/)
  })

  it('warns of what was broken, with its code', async () => {
    await postGraphql(graph.url, { query: '{ broken shop { name } }' })
    const failed = await line()
    expect(failed).toMatchObject({ level: 'warn', status: 200, operationType: 'query' })
    expect(failed['errorCodes']).toEqual({ DOWNSTREAM_SERVICE_ERROR: 1 })
    expect(failed['subgraphs']).toMatchObject({ shop: { calls: 1, failed: { errors: 1 } } })
    expect(failed).not.toHaveProperty('operationName')
  })

  it("does not warn of a caller's mistake, and takes no name from an operation that is not valid", async () => {
    await postGraphql(graph.url, { query: 'query Mistaken { nothing }' })
    const refused = await line()
    expect(refused).toMatchObject({ level: 'info', errorCodes: { GRAPHQL_VALIDATION_FAILED: 1 } })
    expect(refused).not.toHaveProperty('operationName')
    expect(refused).not.toHaveProperty('subgraphs')
  })

  it.each([
    ['a body that is no JSON', () => send('{'), 400, 'BAD_REQUEST'],
    ['a body that is too large', () => send(JSON.stringify({ query: 'x'.repeat(2_000_000) })), 413, 'BODY_TOO_LARGE'],
    ['another type', () => send('a=b', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body without a query', () => send('{}'), 400, 'BAD_REQUEST'],
    ['a bare GET', () => fetch(`${graph.url.href}?query={shop{name}}`), 400, 'BAD_REQUEST'],
    ['a path that there is not', () => fetch(new URL('/nowhere?token=secret', graph.url)), 404, 'NOT_FOUND'],
    ['a path that can not be read', () => fetch(new URL('/%zz', graph.url)), 400, 'BAD_REQUEST'],
  ])('is written for %s, too, with its code', async (_, request, status, code) => {
    const response = await request()
    expect(response.status).toBe(status)
    const written = await line()
    const requestId = response.headers.get('x-request-id')
    expect(written).toMatchObject({ level: 'info', status, requestId, errorCodes: { [code]: 1 } })
    expect(JSON.stringify(written)).not.toContain('secret')
  })

  it.each([
    ['bytes that are no HTTP', 'NONSENSE\r\n\r\n', 400, 'BAD_REQUEST'],
    ['too many headers', `GET /graphql HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('was missing for %s, and the answer had no id', async (_, bytes, status, code) => {
    const answer = await exchange(graph, bytes)
    const { requestId, ...written } = await line()
    expect(written).toMatchObject({ level: 'info', status, errorCodes: { [code]: 1 } })
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*x-request-id: ${String(requestId)}\r\n`))
    expect(answer).toContain("content-security-policy: default-src 'none'")
    expect(answer).toContain(`"requestId":"${String(requestId)}"}`)
  })

  it('said that the client had gone, when its body had not come in time', async () => {
    await using impatient = await startTinyGraph({ shop: SHOP, ratings: RATINGS }, { RECEIVE_TIMEOUT_MS: '100' })
    const head =
      'POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nX-Request-Id: slow-body-1'
    expect(await exchange(impatient, `${head}\r\nContent-Length: 100\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 408 /)
    await eventually(() => impatient.logged.some(({ msg }) => msg === 'request'))
    const written = impatient.logged.find(({ msg }) => msg === 'request')
    expect(written).toMatchObject({ status: 408, requestId: 'slow-body-1', errorCodes: { RECEIVE_TIMEOUT: 1 } })
    expect(written).not.toHaveProperty('aborted')
  })

  it('tells of a client that went away, and of the call that was given up for it', async () => {
    const socket = connect(Number(graph.url.port), graph.url.hostname)
    const body = JSON.stringify({ query: 'query Slow { slow }' })
    socket.write(`POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n`)
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
    await eventually(() => graph.requests.some(({ query }) => query.includes('slow')))
    socket.destroy()
    await once(socket, 'close')
    expect(await line()).toMatchObject({
      level: 'info',
      operationName: 'Slow',
      status: 499,
      aborted: true,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      subgraphs: { shop: { calls: 1, failed: { cancelled: 1 } } },
    })
  })

  it('is not written for health routes, and only for debugging for pages that went well', async () => {
    await using shown = await startTinyGraph({ shop: SHOP, ratings: RATINGS }, { NODE_ENV: 'development' })
    for (const path of ['/health/live', '/health/ready?verbose']) await fetch(new URL(path, shown.url))
    const page = await fetch(shown.url, { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
    await postGraphql(shown.url, { query: '{ shop { name } }' })
    const requests = () => shown.logged.filter(({ msg }) => msg === 'request')
    await eventually(() => requests().length > 0)
    expect(requests()).toEqual([expect.objectContaining({ method: 'POST', path: '/graphql' })])
  })

  it('is short, however long a name or a path is', async () => {
    const name = 'A'.repeat(100_000)
    await postGraphql(graph.url, { query: `query ${name} { shop { name } }` })
    expect(JSON.stringify(await line()).length).toBeLessThan(1000)
    graph.logged.length = 0
    await fetch(new URL(`/${'a'.repeat(10_000)}`, graph.url))
    expect(JSON.stringify(await line()).length).toBeLessThan(1000)
  })
})
