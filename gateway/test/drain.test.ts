import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph } from './tiny-graph.ts'

const SLOW = {
  sdl: `type Query { slow: String }`,
  resolvers: { Query: { slow: () => sleep(200, 'done') } },
}

describe('a gateway that is told to stop', () => {
  it('fails no request of clients who are led by its readiness, and tells its operators to the end', async () => {
    const graph = await startTinyGraph({ shop: SLOW }, { DRAIN_DELAY_MS: '1000' })
    let stopped = false
    const balancer = { sends: true, asked: 0 }
    async function watchReadiness() {
      for (;;) {
        const { status } = await fetch(new URL('/health/ready', graph.url))
        balancer.asked += 1
        balancer.sends = status === 200
        if (!balancer.sends) return
        await sleep(10)
      }
    }
    const requests = { inFlight: 0, answered: 0, afterStop: 0 }
    async function client() {
      while (balancer.sends) {
        requests.inFlight += 1
        const { status, data, errors } = await postGraphql(graph.url, { query: '{ slow }' })
        requests.inFlight -= 1
        requests.answered += 1
        if (stopped) requests.afterStop += 1
        expect([status, data, errors]).toEqual([200, { slow: 'done' }, []])
      }
    }
    const clients = Promise.all([watchReadiness(), ...Array.from({ length: 20 }, client)])
    await eventually(() => requests.answered >= 20 && requests.inFlight === 20)

    stopped = true
    const stopping = graph[Symbol.asyncDispose]()
    await eventually(() => !balancer.sends)
    const details = await fetch(new URL('/health/subgraphs', graph.adminUrl))
    expect(await details.json()).toMatchObject({ status: 'draining', subgraphs: { shop: { state: 'up' } } })
    expect(await (await fetch(new URL('/metrics', graph.adminUrl))).text()).toContain('\nportico_gateway_ready 0\n')
    await Promise.all([clients, stopping])

    expect(requests.inFlight).toBe(0)
    expect(requests.afterStop).toBeGreaterThanOrEqual(20)
    const lines = graph.logged.filter(({ msg }) => msg === 'request')
    expect(lines).toHaveLength(requests.answered)
    expect(lines.filter(({ status }) => status !== 200)).toEqual([])
    await expect(fetch(graph.url)).rejects.toThrow('fetch failed')
    await expect(fetch(new URL('/metrics', graph.adminUrl))).rejects.toThrow('fetch failed')
  })

  it('lets a request finish that came just before the port closes, and waits for nobody else', async () => {
    const graph = await startTinyGraph({ shop: SLOW }, { DRAIN_DELAY_MS: '60000' })
    const request = postGraphql(graph.url, { query: '{ slow }' })
    await eventually(() => graph.requests.length > 0)
    await graph[Symbol.asyncDispose]()
    expect(await request).toMatchObject({ status: 200, data: { slow: 'done' }, errors: [] })
  })
})
