import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const GRAPH = {
  shop: { sdl: `type Query { name: String }`, resolvers: { Query: { name: () => 'Portico' } } },
  ratings: { sdl: `type Query { best: Int }`, resolvers: { Query: { best: () => 5 } } },
}

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph(GRAPH, { OPTIONAL_SUBGRAPHS: 'ratings' })
})
afterAll(async () => graph[Symbol.asyncDispose]())

const DETAILS = ['/metrics', '/status', '/health/subgraphs']

describe('the admin port of the gateway', () => {
  it('tells how each subgraph is, where it is, and which schema the gateway knows of it', async () => {
    const response = await fetch(new URL('/health/subgraphs', graph.adminUrl))
    expect(response.headers.get('cache-control')).toBe('no-store')
    const up = {
      state: 'up',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      latencyMs: expect.any(Number),
      lastError: null,
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      schemaHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    }
    const report = (await response.json()) as { subgraphs: Record<string, { schemaHash: string }> }
    expect(report).toEqual({
      status: 'ready',
      subgraphs: { shop: { ...up, critical: true }, ratings: { ...up, critical: false } },
      rateLimitStore: null,
    })
    expect(report.subgraphs['shop']?.schemaHash).not.toBe(report.subgraphs['ratings']?.schemaHash)
  })

  it('has the same hash for the same schema in every gateway', async () => {
    await using other = await startTinyGraph(GRAPH)
    const hashOf = async ({ adminUrl }: TinyGraph) => {
      const response = await fetch(new URL('/health/subgraphs', adminUrl))
      const { subgraphs } = (await response.json()) as { subgraphs: Record<string, { schemaHash: string }> }
      return subgraphs['shop']?.schemaHash
    }
    expect(await hashOf(other)).toBe(await hashOf(graph))
  })

  it('shows a page that loads nothing and runs nothing', async () => {
    const response = await fetch(new URL('/', graph.adminUrl))
    expect([response.status, new URL(response.url).pathname]).toEqual([200, '/status'])
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^ ]+'; /)
    const page = await response.text()
    expect(page).toContain('<meta http-equiv="refresh" content="5" />')
    expect(page).toContain('The gateway is ready')
    expect(page).not.toMatch(/<script|<link|<img|\son\w+=|\sstyle=|https?:\/\//)
    const still = await (await fetch(new URL('/status?refresh=off', graph.adminUrl))).text()
    expect(still).not.toContain('http-equiv="refresh"')
  })

  it('is the only one with details: the public port knows no such paths, and its health says one word', async () => {
    for (const path of DETAILS) {
      expect([path, (await fetch(new URL(path, graph.url))).status]).toEqual([path, 404])
      expect([path, (await fetch(new URL(path, graph.adminUrl))).status]).toEqual([path, 200])
    }
    expect(await (await fetch(new URL('/health/ready', graph.url))).json()).toEqual({ status: 'ready' })
    expect(await (await fetch(new URL('/health/live', graph.url))).json()).toEqual({ status: 'live' })
    expect((await fetch(new URL('/graphql', graph.adminUrl), { method: 'POST' })).status).toBe(404)
  })

  it('tells of a Redis that is gone, without which the gateway is ready all the same', async () => {
    await using limited = await startTinyGraph(GRAPH, { REDIS_URL: 'redis://127.0.0.1:1' })
    const get = async (path: string) => fetch(new URL(path, limited.adminUrl))
    await eventually(async () => (await (await get('/health/subgraphs')).text()).includes('ECONNREFUSED'))
    expect(await (await get('/health/subgraphs')).json()).toMatchObject({
      status: 'ready',
      rateLimitStore: { state: 'down', critical: false },
    })
    expect(await (await get('/metrics')).text()).toContain('portico_gateway_rate_limit_store_up{store="redis"} 0')
    expect(await (await get('/status')).text()).toMatch(/Redis[^]*✗ down/)
  })

  it('can be switched off', async () => {
    await using none = await startTinyGraph(GRAPH, { ADMIN_PORT: 'off' })
    expect((await fetch(new URL('/health/ready', none.url))).status).toBe(200)
    expect(none.logged.some(({ msg }) => String(msg).startsWith('admin server'))).toBe(false)
  })
})
