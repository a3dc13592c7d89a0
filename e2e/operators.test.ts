import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { loadConfig } from '@portico/products/config'
import { startProducts } from '@portico/products/server'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { startTestGraph, type TestGraph } from './test-graph.ts'

let graph: TestGraph
beforeAll(async () => {
  const probes = { SUBGRAPH_HEALTH_INTERVAL_MS: '50', OPTIONAL_SUBGRAPHS: 'orders' }
  graph = await startTestGraph(probes)
  await eventually(async () => (await fetch(new URL('/health/ready', graph.url))).status === 200)
}, 30_000)
afterAll(() => graph[Symbol.asyncDispose]())

const get = async (path: string, base = graph.adminUrl) => (await fetch(new URL(path, base))).text()
const stateOf = async (name: string) => {
  const { subgraphs } = JSON.parse(await get('/health/subgraphs')) as { subgraphs: Record<string, { state: string }> }
  return subgraphs[name]
}

interface RequestLine {
  msg: string
  service: string
  requestId: string
  operationName?: string
  viewerId?: string
  subgraphs?: Record<string, { calls: number }>
}

/** The lines of all processes about one request. */
const linesOf = (requestId: string | null) =>
  graph
    .logged()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as RequestLine)
    .filter((line) => line.requestId === requestId)

describe('what operators see of the graph', () => {
  it('is one line of each process for a request, by one id and with its viewer', async () => {
    const query = 'query Orders($first: Int) { orders(first: $first) { nodes { number customer { email } } } }'
    const { headers, data, errors } = await graph.request(query, { first: 2 }, await graph.tokenOf('SUPPORT'))
    expect([data, errors]).toEqual([expect.anything(), []])
    const requestId = headers.get('x-request-id')
    await eventually(() => linesOf(requestId).length >= 3)
    const lines = linesOf(requestId).toSorted((a, b) => a.service.localeCompare(b.service))
    expect(lines.map(({ service }) => service)).toEqual(['gateway', 'orders', 'users'])
    expect(lines[0]).toMatchObject({
      operationName: 'Orders',
      subgraphs: { orders: { calls: 1 }, users: { calls: 1 } },
    })
    expect(lines[0]?.viewerId).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(lines.map(({ viewerId }) => viewerId)).size).toBe(1)
    // Neither the token nor what was asked for and answered.
    expect(graph.logged()).not.toMatch(/eyJ|@example\.com|nodes \{/)
  })

  it('is which subgraph is down and why, while the graph is ready without an optional one', async () => {
    await graph.subgraphs.orders.stop()
    await eventually(async () => (await stateOf('orders'))?.state === 'down')
    expect(await stateOf('orders')).toMatchObject({
      critical: false,
      lastError: expect.stringContaining('ECONNREFUSED'),
    })
    expect((await fetch(new URL('/health/ready', graph.url))).status).toBe(200)
    expect(await get('/metrics')).toContain('portico_gateway_subgraph_up{subgraph="orders",critical="false"} 0')
    expect(await get('/status')).toMatch(/orders[^]*✗ down[^]*ECONNREFUSED/)

    await graph.subgraphs.orders.start()
    await eventually(async () => (await stateOf('orders'))?.state === 'up')
    await graph.subgraphs.products.stop()
    await eventually(async () => (await fetch(new URL('/health/ready', graph.url))).status === 503)
    await graph.subgraphs.products.start()
    await eventually(async () => (await fetch(new URL('/health/ready', graph.url))).status === 200)
  }, 30_000)

  it('is the database of a subgraph: whether it answers, and how its connections are used', async () => {
    const { products: database } = graph.databases
    const { sql, url } = database
    const env = {
      NODE_ENV: 'development',
      STANDALONE: 'true',
      PORT: '0',
      DRAIN_DELAY_MS: '0',
      DATABASE_URL: url,
    }
    const log = createLogger({ service: 'products', level: 'silent' })
    await using products = await startProducts(loadConfig(env), { log })
    const checks = async () => JSON.parse(await get('/health/checks', products.adminUrl)) as unknown
    expect(await checks()).toMatchObject({ status: 'ready', checks: { database: { state: 'up', critical: true } } })
    const metrics = await get('/metrics', products.adminUrl)
    expect(metrics).toMatch(/portico_subgraph_database_connections\{state="(idle|busy)",subgraph="products"\} 1\n/)
    expect(metrics).toContain('portico_subgraph_database_connections_max{subgraph="products"} 10\n')
    expect(metrics).toContain('portico_subgraph_database_waiting{subgraph="products"} 0\n')

    await sql.query(`ALTER DATABASE ${sql.database} CONNECTION LIMIT 0`)
    await database.breakConnections()
    await eventually(async () =>
      (await get('/metrics', products.adminUrl)).includes('check_up{check="database",subgraph="products"} 0'),
    )
    expect(await checks()).toMatchObject({ status: 'unavailable', checks: { database: { state: 'down' } } })
    expect(await get('/health/ready', products.url)).toBe('{"status":"unavailable"}')
    await sql.query(`ALTER DATABASE ${sql.database} CONNECTION LIMIT -1`)
    await eventually(async () => (await fetch(new URL('/health/ready', products.url))).status === 200)
  }, 30_000)
})

describe('a subgraph that is down', () => {
  it('takes only its own fields with it, and the graph is whole again when it is back', async () => {
    const QUERY = `{
      products(first: 2) { nodes { title variants(first: 1) { nodes { sku shippingEstimate(countryCode: "DE") { amount } } } } }
    }`
    interface Answer {
      products: { nodes: { title: string; variants: { nodes: { shippingEstimate: unknown }[] } }[] } | null
    }
    await graph.subgraphs.orders.stop()
    const partial = await graph.request<Answer>(QUERY)
    expect(partial.status).toBe(200)
    expect(partial.data.products?.nodes.map(({ variants }) => variants.nodes[0]?.shippingEstimate)).toEqual([
      null,
      null,
    ])
    expect(partial.data.products?.nodes[0]?.title).toEqual(expect.any(String))
    expect(partial.errors.map(({ path }) => path)).toEqual([
      ['products', 'nodes', 0, 'variants', 'nodes', 0, 'shippingEstimate'],
      ['products', 'nodes', 1, 'variants', 'nodes', 0, 'shippingEstimate'],
    ])
    for (const { message, extensions } of partial.errors) {
      expect(message).toBe('orders can not be reached.')
      expect(extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'orders', requestId: expect.any(String) })
    }
    await graph.subgraphs.orders.start()
    const whole = await graph.request<Answer>(QUERY)
    expect(whole.errors).toEqual([])
    expect(whole.data.products?.nodes[0]?.variants.nodes[0]?.shippingEstimate).toEqual({ amount: expect.any(String) })
  }, 30_000)

  it('is named with the path of the root field that it should have answered', async () => {
    await graph.subgraphs.products.stop()
    const { data, errors } = await graph.request('{ shop: products(first: 1) { nodes { id } } me { id } }')
    expect(data).toEqual({ shop: null, me: null })
    expect(errors).toMatchObject([
      { path: ['shop'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'products' } },
    ])
    await graph.subgraphs.products.start()
  }, 30_000)
})

describe('a database that restarts', () => {
  it('costs at most the requests of that moment', async () => {
    await graph.databases.products.breakConnections()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { errors } = await graph.request('{ categories { slug } }')
      for (const error of errors)
        expect(error.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', subgraph: 'products' })
    }
    const { data, errors } = await graph.request<{ categories: unknown[] }>('{ categories { slug } }')
    expect(errors).toEqual([])
    expect(data.categories).toHaveLength(20)
  })
})
