import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestGraph, type TestGraph } from './test-graph.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

const ready = async () => (await fetch(new URL('/health/ready', graph.url))).status
async function until(status: number): Promise<void> {
  while ((await ready()) !== status) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('a subgraph that is down', () => {
  it('takes only its own fields with it, and the graph is whole again when it is back', async () => {
    const QUERY = `{
      products(first: 2) { nodes { title variants(first: 1) { nodes { sku shippingEstimate(countryCode: "DE") { amount } } } } }
    }`
    interface Answer {
      products: { nodes: { title: string; variants: { nodes: { shippingEstimate: unknown }[] } }[] } | null
    }
    await until(200)

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
    await until(503)

    await graph.subgraphs.orders.start()
    await until(200)
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
