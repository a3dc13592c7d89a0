import type { RequestListener } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { eventually } from '@portico/testkit/eventually'
import { createTestIdentity } from '@portico/testkit/identity'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const QUEUE = { pending: 3, failing: 1, dead: 0, lagSeconds: 2.25 }
const EVENTS = { transport: 'http', outbox: QUEUE, inbox: { ...QUEUE, pending: 0, dead: 2 } }

const QUICK = { SUBGRAPH_HEALTH_INTERVAL_MS: '20' }

const json = { 'content-type': 'application/json' }
const telling =
  (details: unknown, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status, json).end(JSON.stringify({ status: 'ready', details }))

/** A subgraph whose probes are answered as a test says. */
const shop = (onGet: RequestListener) => ({
  shop: { sdl: 'type Query { name: String }', resolvers: { Query: { name: () => 'Portico' } }, onGet },
})

async function shownBy({ adminUrl }: TinyGraph) {
  const { subgraphs } = (await (await fetch(new URL('/health/subgraphs', adminUrl))).json()) as {
    subgraphs: Record<string, { state: string; events?: unknown }>
  }
  const page = await (await fetch(new URL('/status', adminUrl))).text()
  return { ...subgraphs['shop'], page }
}

describe('what a subgraph tells of its events when it is probed', () => {
  it('is on the status page and in the health of the graph, and nothing else that it says', async () => {
    const told = {
      events: { ...EVENTS, last: '<b>secret</b>', outbox: { ...QUEUE, subject: 'secret' } },
      more: 'secret',
    }
    await using graph = await startTinyGraph(shop(telling(told)))
    const { events, page } = await shownBy(graph)
    expect(events).toEqual(EVENTS)
    expect(page).toMatch(/<h2>Events<\/h2>[^]*shop outbox[^]*http[^]*>3<[^]*>2\.3 s<[^]*shop inbox[^]*bad loud">2</)
    expect(page).toContain('Ready, but shop has dead letters')
    expect(page).toContain('npm run events -- replay ID')
    expect(page).not.toContain('secret')
  })

  it('is asked for in the name of the gateway, with the probe and by no request more', async () => {
    await using identity = await createTestIdentity()
    const probed: [string | undefined, unknown][] = []
    const onGet: RequestListener = (request, response) => {
      probed.push([request.url, request.headers[IDENTITY_HEADER]])
      telling({ events: EVENTS })(request, response)
    }
    const env = { SUBGRAPH_HEALTH_INTERVAL_MS: '3600000', IDENTITY_KEY_FILE: identity.privateKeyFile }
    await using graph = await startTinyGraph(shop(onGet), env)
    for (let time = 0; time < 3; time += 1) expect(await shownBy(graph)).toMatchObject({ events: EVENTS })
    expect(probed).toEqual([['/health/ready', expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)]])
  })

  it('is what waits at a broker and is dead there, when there is one', async () => {
    const broker = { waiting: 5, dead: 1 }
    const told = { events: { ...EVENTS, broker: { ...broker, account: 'secret' } } }
    await using graph = await startTinyGraph(shop(telling(told)))
    const { events, page } = await shownBy(graph)
    expect(events).toEqual({ ...EVENTS, broker })
    expect(page).toMatch(/shop broker[^]*>5<[^]*bad loud">1</)
    expect(page).not.toContain('secret')
  })

  it('stands while failed probes are forgiven', async () => {
    let answer = telling({ events: EVENTS })
    let failed = 0
    await using graph = await startTinyGraph(
      shop((request, response) => answer(request, response)),
      { ...QUICK, SUBGRAPH_HEALTH_FAILURES: '1000' },
    )
    answer = (_, response) => {
      failed += 1
      response.writeHead(503, json).end('{"status":"unavailable"}')
    }
    await eventually(() => failed > 3)
    expect(await shownBy(graph)).toMatchObject({ state: 'up', lastError: 'answered 503', events: EVENTS })
  })

  it('is forgotten once it says nothing more, or is not ready', async () => {
    for (const silence of [telling(undefined), telling({ events: EVENTS }, 503)]) {
      let answer = telling({ events: EVENTS })
      await using graph = await startTinyGraph(
        shop((request, response) => answer(request, response)),
        QUICK,
      )
      expect(await shownBy(graph)).toMatchObject({ events: EVENTS })
      answer = silence
      await eventually(async () => (await shownBy(graph)).events === undefined)
    }
  })

  const withQueue = (changes: object) =>
    JSON.stringify({ details: { events: { ...EVENTS, outbox: { ...QUEUE, ...changes } } } })
  it.each<[string, RequestListener]>([
    ['has no such route', (_, response) => void response.writeHead(404).end('Not found')],
    ['answers a page', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>up</p>')],
    [
      'has health of its own kind',
      (_, response) => void response.writeHead(200, json).end('{"status":"UP","details":[]}'),
    ],
    ['answers no JSON', (_, response) => void response.writeHead(200, json).end('{"details":')],
    ['names a carrier in HTML', telling({ events: { ...EVENTS, transport: '<script>alert(1)</script>' } })],
    ['counts in words', (_, response) => void response.writeHead(200, json).end(withQueue({ dead: '<script>' }))],
    ['counts at its broker in words', telling({ events: { ...EVENTS, broker: { waiting: '5', dead: 0 } } })],
    ['counts below nothing', (_, response) => void response.writeHead(200, json).end(withQueue({ pending: -1 }))],
    [
      'counts beyond numbers',
      (_, response) => void response.writeHead(200, json).end(withQueue({}).replace('2.25', '1e999')),
    ],
    [
      'answers without end',
      (_, response) => void response.writeHead(200, json).end(withQueue({ more: 'x'.repeat(1e6) })),
    ],
    [
      'breaks off',
      (_, response) => {
        response.writeHead(200, { ...json, 'content-length': '1000' }).write('{"details":', () => response.destroy())
      },
    ],
  ])('is nothing of one that %s, which is well all the same', async (_, onGet) => {
    let probes = 0
    const counted: RequestListener = (request, response) => {
      probes += 1
      onGet(request, response)
    }
    await using graph = await startTinyGraph(shop(counted), QUICK)
    await eventually(() => probes > 3)
    const { state, events, page } = await shownBy(graph)
    expect([state, events]).toEqual(['up', undefined])
    expect(page).not.toMatch(/Events|<script/)
    expect(graph.logged.filter(({ level }) => level !== 'info').map(({ msg }) => msg)).not.toContain(
      'health check failed',
    )
  })
})
