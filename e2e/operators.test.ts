import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { loadConfig } from '@portico/products/config'
import { startProducts } from '@portico/products/server'
import { IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { createLogger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
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

const PLACE = `mutation ($input: PlaceOrderInput!, $idempotencyKey: String!) {
  placeOrder(input: $input, idempotencyKey: $idempotencyKey) { ... on Order { id } }
}`

const ADDRESS = {
  recipient: 'Ada Lovelace',
  line1: '1 High Street',
  city: 'Berlin',
  postalCode: '10115',
  countryCode: 'DE',
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

  it('is how far the events of each subgraph are, dead letters first of all', async () => {
    const { sql } = graph.databases.orders
    const id = randomUUID()
    await sql.query(
      `INSERT INTO outbox_event (id, type, subject, data, state, attempts, last_error)
       VALUES ($1::uuid, 'portico.order.placed.v1', $1::text, '{"secret": true}', 'DEAD', 50, 'products answered 400')`,
      [id],
    )
    const eventsOf = async (name: string) => ((await stateOf(name)) as { events?: unknown }).events
    const idle = { pending: 0, failing: 0, dead: 0, lagSeconds: 0 }
    await eventually(async () => JSON.stringify(await eventsOf('orders')).includes('"dead":1'))
    expect(await eventsOf('orders')).toEqual({ transport: 'http', outbox: { ...idle, dead: 1 }, inbox: idle })
    expect(await eventsOf('products')).toMatchObject({ transport: 'http', outbox: { dead: 0 }, inbox: { dead: 0 } })
    expect(await eventsOf('users')).toBeUndefined()
    const page = await get('/status')
    expect(page).toMatch(/Ready, but orders has dead letters[^]*orders outbox<[^]*bad loud">1<[^]*npm run events/)
    expect(page).not.toMatch(new RegExp(`${id}|secret|answered 400`))
    // Whoever reaches the subgraph itself is told nothing of it.
    expect(await get('/health/ready', graph.subgraphs.orders.url)).toBe('{"status":"ready"}')
    // One that has no details has none for the gateway either.
    const headers = { [IDENTITY_HEADER]: await graph.identity.signer.sign(ANONYMOUS, 'users') }
    const users = await fetch(new URL('/health/ready', graph.subgraphs.users.url), { headers })
    expect(await users.json()).toEqual({ status: 'ready' })

    await sql.query('DELETE FROM outbox_event WHERE id = $1', [id])
    await eventually(async () => !(await get('/status')).includes('dead letters'))
  }, 30_000)

  it('is which request an event goes back to, in both databases, and in whose trace', async () => {
    const token = await graph.tokenOf('CUSTOMER')
    const { data } = await graph.request<{ products: { nodes: { variants: { nodes: { id: string }[] } }[] } }>(
      '{ products(first: 1) { nodes { variants(first: 1) { nodes { id } } } } }',
    )
    const lines = [{ variantId: data.products.nodes[0]?.variants.nodes[0]?.id, quantity: 1 }]
    const place = async (idempotencyKey: string, headers: Record<string, string>) => {
      const variables = { idempotencyKey, input: { lines, shippingAddress: ADDRESS } }
      const reply = await postGraphql<{ placeOrder: { id: string } }>(
        graph.url,
        { query: PLACE, variables },
        { authorization: `Bearer ${token}`, ...headers },
      )
      return { orderId: reply.data.placeOrder.id, requestId: reply.headers.get('x-request-id') }
    }
    /** Where events of an order came in, and of what. */
    const causesOf = async (name: 'orders' | 'products', orderId: string) => {
      const { rows } = await graph.databases[name].sql.query<{ requestId: string; traceParent: string | null }>(
        'SELECT request_id AS "requestId", trace_parent AS "traceParent" FROM inbox_event WHERE subject = $1',
        [orderId],
      )
      return rows
    }
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    for (const { traceParent, ...order } of [
      { traceParent: traceparent, ...(await place('traced', { traceparent })) },
      { traceParent: null, ...(await place('untraced', {})) },
      { traceParent: null, ...(await place('mistraced', { traceparent: 'none' })) },
    ]) {
      const { orderId, requestId } = order
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
      // Products heard that it was placed, orders what became of it, and products that it was confirmed.
      await eventually(async () => (await causesOf('products', orderId)).length === 2)
      expect(await causesOf('products', orderId)).toEqual([
        { requestId, traceParent },
        { requestId, traceParent },
      ])
      expect(await causesOf('orders', orderId)).toEqual([{ requestId, traceParent }])
    }
  }, 30_000)

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
