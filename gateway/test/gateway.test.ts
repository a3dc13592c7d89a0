import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { postGraphql } from '@portico/testkit/post-graphql'
import { loadConfig } from '../src/config.ts'
import { startGateway } from '../src/gateway.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { first: String second: String sum(of: [Int!]!): Int }
`

/** The media type under which mistakes have a status of their own. */
const GRAPHQL_RESPONSE = { accept: 'application/graphql-response+json' }

interface Foreign extends AsyncDisposable {
  url: URL
  logged: Record<string, unknown>[]
}

/** The gateway in front of a subgraph that is none of ours, and answers as the test says. */
async function startForeign(answer: RequestListener, env: Record<string, string> = {}): Promise<Foreign> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-gateway-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.writeHead(404).end()
    else answer(request, response)
  })
  const url = await listen(server)
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  await writeFile(join(folder, 'foreign.graphql'), SDL)
  const list = [{ name: 'foreign', url: url.href, schema: 'foreign.graphql' }]
  await writeFile(join(folder, 'subgraphs.json'), JSON.stringify(list))
  const logged: Record<string, unknown>[] = []
  const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>)
  const config = loadConfig({
    PORT: '0',
    ADMIN_PORT: '0',
    DRAIN_DELAY_MS: '0',
    SUBGRAPHS_PATH: join(folder, 'subgraphs.json'),
    ...env,
  })
  const gateway = stack.use(
    await startGateway(config, { log: createLogger({ service: 'gateway', level: 'info' }, { write }) }),
  )
  const running = stack.move()
  return { url: gateway.url, logged, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function listen(server: Server): Promise<URL> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)
}

const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    void response.end(JSON.stringify(value))

describe('the gateway in front of a subgraph that is none of ours', () => {
  it('takes answers as other servers write them, with nulls where there is nothing', async () => {
    const error = { message: 'No luck.', path: null, extensions: { code: 'OUT_OF_LUCK' } }
    await using whole = await startForeign(json({ data: { first: '1' }, errors: null, extensions: null }))
    expect((await postGraphql(whole.url, { query: '{ first }' })).data).toEqual({ first: '1' })
    await using partial = await startForeign(json({ data: { first: null }, errors: [error] }))
    const { data, errors } = await postGraphql(partial.url, { query: '{ first }' })
    expect(data).toEqual({ first: null })
    expect(errors).toMatchObject([{ message: 'No luck.', extensions: { code: 'OUT_OF_LUCK', subgraph: 'foreign' } }])
  })

  it('tells no message of something that broke there, in production', async () => {
    const broken = json({
      data: null,
      errors: [{ message: 'connect ECONNREFUSED 10.0.0.7:5432', extensions: { stacktrace: ['at secret.js'] } }],
    })
    await using production = await startForeign(broken)
    const masked = JSON.stringify(await postGraphql(production.url, { query: '{ first }' }))
    expect(masked).toContain('Internal server error.')
    expect(masked).not.toMatch(/10\.0\.0\.7|secret\.js/)
    await using development = await startForeign(broken, { NODE_ENV: 'development' })
    const told = JSON.stringify(await postGraphql(development.url, { query: '{ first }' }))
    expect(told).toContain('10.0.0.7')
    expect(told).not.toContain('secret.js')
  })

  it('reports each field that was not answered, in fragments and under aliases too', async () => {
    await using gateway = await startForeign((_, response) => void response.destroy())
    const query = 'query ($yes: Boolean!) { ... on Query @include(if: $yes) { one: first second } }'
    const { data, errors } = await postGraphql(gateway.url, { query, variables: { yes: true } })
    expect(data).toEqual({ one: null, second: null })
    expect(errors.map(({ path }) => path)).toEqual([['one'], ['second']])
    for (const { extensions } of errors) expect(extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  })

  it('tells its operator, and not its clients, when a subgraph does not know its key', async () => {
    const refusal = {
      errors: [{ message: 'This service answers only its gateway.', extensions: { code: 'UNTRUSTED_CALLER' } }],
    }
    await using gateway = await startForeign(json(refusal))
    const { errors } = await postGraphql(gateway.url, { query: '{ first }' })
    expect(errors).toMatchObject([
      { message: 'foreign can not be reached.', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
    ])
    expect(gateway.logged).toContainEqual(expect.objectContaining({ level: 'error', subgraph: 'foreign' }))
  })

  it.each([
    [{ query: 'query A { first } query B { second }' }, 'Name one of the operations in operationName.'],
    [{ query: 'query A { first }', operationName: 'C' }, 'There is no operation "C".'],
    [{ query: 'subscription { first }' }, 'There are no subscriptions here.'],
  ])('answers %j with 400, and logs nothing', async (operation, message) => {
    await using gateway = await startForeign(json({ data: {} }))
    const { status, errors } = await postGraphql(gateway.url, operation, GRAPHQL_RESPONSE)
    expect(status).toBe(400)
    expect(errors).toMatchObject([{ message, extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }])
    expect(gateway.logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('answers a hundred thousand wrong values with a few errors, which suggest no names in production', async () => {
    await using gateway = await startForeign(json({ data: {} }))
    const query = 'query ($of: [Int!]!) { sum(of: $of) }'
    const variables = { of: Array.from({ length: 100_000 }, () => 'x') }
    const { status, errors } = await postGraphql(gateway.url, { query, variables }, GRAPHQL_RESPONSE)
    expect(status).toBe(400)
    expect(errors.length).toBeLessThanOrEqual(11)
    expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    const unknown = await postGraphql(gateway.url, { query: '{ frist }' })
    expect(unknown.errors[0]?.message).not.toContain('first')
  })

  it('says nothing of a client that went away, and tells when the whole request ran out of time', async () => {
    let arrived = () => {}
    const waiting = new Promise<void>((resolve) => (arrived = resolve))
    await using gateway = await startForeign(() => arrived(), {
      SUBGRAPH_TIMEOUT_MS: '5000',
      REQUEST_TIMEOUT_MS: '1000',
    })
    const leaving = new AbortController()
    const request = fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ first }' }),
      signal: leaving.signal,
    })
    await waiting
    leaving.abort()
    await expect(request).rejects.toThrow('aborted')

    const { errors } = await postGraphql(gateway.url, { query: '{ first }' })
    expect(errors).toMatchObject([{ path: ['first'], extensions: { code: 'REQUEST_TIMEOUT' } }])
    expect(gateway.logged.filter(({ msg }) => msg === 'subgraph unavailable')).toHaveLength(1)
  })
})
