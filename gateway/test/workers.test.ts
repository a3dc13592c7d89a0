import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { FEDERATION, RATE_LIMIT } from './rate-limited-schema.ts'
import { LIVE_PATH, lives, NEW, startClients, startWorkersGateway, type LogLine } from './workers-gateway.ts'

/** Each starts processes, several at once, on a machine that may be busy. */
const SLOW = 240_000

describe('a gateway with workers', () => {
  it(
    'loads its configuration anew on SIGHUP, worker by worker, and fails no request',
    async () => {
      await using gateway = await startWorkersGateway()
      expect(gateway.lines.filter(({ msg }) => msg.startsWith('listening on http'))).toHaveLength(1)
      const first = gateway.workers()
      expect(first).toHaveLength(2)
      const clients = startClients(gateway.url)
      await writeFile(gateway.file('live-path'), '/live-two')
      gateway.signal('SIGHUP')
      await gateway.said('all workers are new')
      expect(await clients.stop()).toEqual([])
      expect(clients.answered()).toBeGreaterThan(100)
      expect(await statusOf(new URL(LIVE_PATH, gateway.url))).toBe(404)
      expect(await statusOf(new URL('/live-two', gateway.url))).toBe(200)
      expect(first.some(lives)).toBe(false)
      expect(gateway.workers().filter(lives)).toHaveLength(2)
    },
    SLOW,
  )

  it(
    'serves a new supergraph without failing a request, and keeps the old one while the new one is broken',
    async () => {
      await using gateway = await startWorkersGateway()
      const clients = startClients(gateway.url)
      const first = gateway.workers()
      await gateway.replaceSupergraph('this is no supergraph')
      await gateway.said(/^the workers that serve are kept/)
      const refusal = gateway.lines.find(({ msg }) => msg.startsWith('the workers that serve are kept'))
      expect(refusal?.problems).toEqual([expect.stringMatching(/^SUPERGRAPH_PATH: .*Syntax Error/)])
      expect(first.every(lives)).toBe(true)
      expect(await (await fetch(new URL('/status', gateway.adminUrl))).text()).toContain('these were kept')

      await gateway.replaceSupergraph(NEW)
      await gateway.said('all workers are new')
      for (let times = 0; times < 10; times += 1) {
        expect(await askAlone(gateway.url, '{ added }')).toEqual({ data: { added: 'new' } })
      }
      expect(await clients.stop()).toEqual([])
      expect(first.some(lives)).toBe(false)
      const counted = /^portico_gateway_requests_total\{.*outcome="ok".*\} (\d+)$/m.exec(
        await metricsOf(gateway.adminUrl),
      )
      expect(Number(counted?.[1])).toBe(clients.answered() + 10)
    },
    SLOW,
  )

  it(
    'replaces a worker that ends, and serves with the others meanwhile',
    async () => {
      await using gateway = await startWorkersGateway()
      const [leaving = 0, lost = 0] = gateway.workers()
      const clients = startClients(gateway.url)
      process.kill(leaving, 'SIGTERM')
      await gateway.said('listening with others', 3)
      await eventually(() => !lives(leaving))
      expect(await clients.stop()).toEqual([])

      // A connection on its way to a process that is gone would wait for ever. What it runs is lost with it.
      const meanwhile = Array.from({ length: 40 }, async (_, after) => {
        await sleep(after)
        return askAlone(gateway.url, '{ name }')
      })
      process.kill(lost, 'SIGKILL')
      const outcomes = await Promise.allSettled(meanwhile)
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20)
      await gateway.said('a worker is lost')
      expect(await askAlone(gateway.url, '{ name }')).toEqual({ data: { name: 'shop' } })
      await gateway.said('listening with others', 4)
      const health = await fetch(new URL('/health/subgraphs', gateway.adminUrl))
      const serving = { state: 'serving', ready: true }
      expect(await health.json()).toMatchObject({ status: 'ready', workers: { processes: [serving, serving] } })
    },
    SLOW,
  )

  it(
    'counts rate limits for all workers together',
    async () => {
      const limited = 'type Query { name: String @rateLimit(limit: 3, duration: 60, scope: ADDRESS) }'
      await using gateway = await startWorkersGateway({ sdl: `${FEDERATION} ${RATE_LIMIT} ${limited}` })
      const answers: unknown[] = []
      for (let times = 0; times < 6; times += 1) answers.push(await askAlone(gateway.url, '{ name }'))
      const refused = expect.objectContaining({ extensions: expect.objectContaining({ code: 'RATE_LIMITED' }) })
      const within = { data: { name: 'shop' } }
      const over = { data: { name: null }, errors: [refused] }
      expect(answers).toEqual([within, within, within, over, over, over])
      await gateway.said('request', 6)
      expect(new Set(gateway.lines.filter(({ msg }) => msg === 'request').map(({ pid }) => pid)).size).toBe(2)
    },
    SLOW,
  )

  it(
    'is not what one process is: that ignores SIGHUP, and says what to do about it',
    async () => {
      await using gateway = await startWorkersGateway({ workers: '' })
      gateway.signal('SIGHUP')
      await gateway.said(/^SIGHUP is ignored: start with --workers/)
      expect(await askAlone(gateway.url, '{ name }')).toEqual({ data: { name: 'shop' } })
      gateway.signal('SIGTERM')
      expect(await gateway.exited).toEqual({ code: 0, signal: null })
    },
    SLOW,
  )

  it(
    'tells mistakes once when it starts, and exits',
    async () => {
      await using gateway = await startWorkersGateway({ sdl: 'this is no supergraph', waits: false })
      expect(await gateway.exited).toEqual({ code: 78, signal: null })
      expect(gateway.stderr()).toMatch(
        /^gateway: The configuration has 1 mistake\(s\):\n {2}- SUPERGRAPH_PATH: [^\n]*\n$/,
      )
      expect(gateway.workers().some(lives)).toBe(false)
    },
    SLOW,
  )

  it(
    'answers what runs when it is told to stop, and leaves no process',
    async () => {
      await using gateway = await startWorkersGateway()
      const slow = postGraphql(gateway.url, { query: '{ slow }' })
      await eventually(async () => inFlight(await metricsOf(gateway.adminUrl)))
      gateway.signal('SIGTERM')
      expect(await slow).toMatchObject({ status: 200, data: { slow: 'done' } })
      expect(await gateway.exited).toEqual({ code: 0, signal: null })
      expect(gateway.workers().some(lives)).toBe(false)
      expect(gateway.lines.at(-1)).toMatchObject({ msg: 'stopped' })
    },
    SLOW,
  )

  it(
    'drains in all its processes when one was asked for readiness, and a signal comes to all at once',
    async () => {
      await using gateway = await startWorkersGateway({ ownGroup: true, env: { DRAIN_DELAY_MS: '5000' } })
      await poll(new URL('/health/ready', gateway.url))
      process.kill(-gateway.primary, 'SIGTERM')
      await gateway.said('stopping', 3)
      expect(await statusOf(new URL('/health/ready', gateway.url))).toBe(503)
      expect(await askAlone(gateway.url, '{ name }')).toEqual({ data: { name: 'shop' } })
      expect(await gateway.exited).toEqual({ code: 0, signal: null })
      expect(gateway.lines.filter(({ msg }) => /by itself|another worker/.test(msg))).toEqual([])
      const [first = 0, second = 0] = stoppedAfterMs(gateway.lines)
      expect(Math.min(first, second)).toBeGreaterThan(4900)
      expect(gateway.workers().some(lives)).toBe(false)
    },
    SLOW,
  )

  it(
    'waits for the balancers that ask its admin port for readiness',
    async () => {
      await using gateway = await startWorkersGateway({ env: { DRAIN_DELAY_MS: '1000' } })
      await poll(new URL('/health/ready', gateway.adminUrl))
      gateway.signal('SIGTERM')
      expect(await gateway.exited).toEqual({ code: 0, signal: null })
      const [first = 0, second = 0] = stoppedAfterMs(gateway.lines)
      expect(Math.min(first, second)).toBeGreaterThan(900)
    },
    SLOW,
  )

  it(
    'ends at once when nobody asks for readiness',
    async () => {
      await using gateway = await startWorkersGateway({ env: { DRAIN_DELAY_MS: '60000' } })
      expect(await askAlone(gateway.url, '{ name }')).toEqual({ data: { name: 'shop' } })
      gateway.signal('SIGTERM')
      expect(await gateway.exited).toEqual({ code: 0, signal: null })
      const [first = 60_000, second = 60_000] = stoppedAfterMs(gateway.lines)
      expect(Math.max(first, second)).toBeLessThan(60_000)
    },
    SLOW,
  )

  it(
    'rolls after the start when SIGHUP came during it',
    async () => {
      await using gateway = await startWorkersGateway({ waits: false })
      await gateway.said('supergraph loaded')
      gateway.signal('SIGHUP')
      await gateway.said('all workers are new')
      expect(gateway.workers().length).toBeGreaterThanOrEqual(4)
    },
    SLOW,
  )

  it(
    'keeps what a worker has counted while that is too slow to tell, and others are asked',
    async () => {
      await using gateway = await startWorkersGateway()
      for (let times = 0; times < 4; times += 1) await askAlone(gateway.url, '{ name }')
      const counted = async () => sumOfRequests(await metricsOf(gateway.adminUrl))
      await eventually(async () => (await counted()) === 4)
      const [slow = 0] = gateway.workers()
      process.kill(slow, 'SIGSTOP')
      try {
        expect(await Promise.all([counted(), sleep(1000).then(counted)])).toEqual([4, 4])
      } finally {
        process.kill(slow, 'SIGCONT')
      }
      expect(await counted()).toBe(4)
    },
    SLOW,
  )

  it(
    'leaves no process when the primary is killed, and answers what runs',
    async () => {
      await using gateway = await startWorkersGateway()
      const slow = postGraphql(gateway.url, { query: '{ slow }' })
      await eventually(async () => inFlight(await metricsOf(gateway.adminUrl)))
      gateway.signal('SIGKILL')
      expect(await slow).toMatchObject({ status: 200, data: { slow: 'done' } })
      await eventually(() => !gateway.workers().some(lives))
    },
    SLOW,
  )
})

/** Asks for readiness as balancers do: again and again. Of two workers one is asked twice by then. */
async function poll(url: URL): Promise<void> {
  for (const _ of [1, 2, 3]) expect(await statusOf(url)).toBe(200)
}

async function statusOf(url: URL): Promise<number> {
  return (await fetch(url)).status
}

/** How long each worker took to stop. */
function stoppedAfterMs(lines: readonly LogLine[]): number[] {
  const ofWorkers = lines.filter(({ worker }) => worker !== undefined)
  const timesOf = (said: string) =>
    new Map(ofWorkers.flatMap(({ msg, time, pid }) => (msg === said ? [[pid, Date.parse(time)] as const] : [])))
  const stopped = timesOf('stopped')
  return [...timesOf('stopping')].map(([pid, time]) => (stopped.get(pid) ?? NaN) - time)
}

async function metricsOf(adminUrl: URL): Promise<string> {
  return (await fetch(new URL('/metrics', adminUrl))).text()
}

function sumOfRequests(metrics: string): number {
  return [...metrics.matchAll(/^portico_gateway_requests_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  )
}

function inFlight(metrics: string): boolean {
  return metrics.includes('\nportico_gateway_requests_in_flight 1\n')
}

/** Asks on a connection of its own, of which the next worker gets the next. */
async function askAlone(url: URL, query: string): Promise<unknown> {
  const asking = request(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } })
  asking.end(JSON.stringify({ query }))
  const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream]
  return json(response)
}
