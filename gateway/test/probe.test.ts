import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createProbes } from '../src/subgraph/probe.ts'

let status = 200
let server: Server
beforeEach(async () => {
  server = createServer((_, response) => void response.writeHead(status).end())
  server.listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
})
afterEach(async () => {
  await new Promise((closed) => server.close(closed))
})

describe('a subgraph is asked how it is, and', () => {
  it.each<[number, string | undefined]>([
    [200, undefined],
    [404, undefined],
    [405, undefined],
    [501, undefined],
    [500, 'answered 500'],
    [503, 'answered 503'],
  ])('with status %p it has %p to complain of', async (answered, complaint) => {
    status = answered
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)
    const config = { probes: { path: '/health/ready', intervalMs: 1000, timeoutMs: 500, failuresToDown: 3 } }
    await using probes = createProbes(new Map([['items', url]]), {
      ...config,
      optionalSubgraphs: new Set(),
      signer: undefined,
    })
    const checking = probes.checks[0]?.check(AbortSignal.timeout(2000)).then(
      () => undefined,
      ({ message }: Error) => message,
    )
    expect(await checking).toBe(complaint)
  })
})
