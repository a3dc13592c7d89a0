import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { findRedis, startRedis, type TestRedis } from '@portico/testkit/redis'
import { Redis } from 'ioredis'
import { connectRateLimitRedis } from '../src/admission/rate-limits/redis.ts'
import { RATE_LIMIT } from './rate-limited-schema.ts'
import { startTinyGraph, type TinyGraph, type TinySubgraph } from './tiny-graph.ts'
import { bearer, startTokenIssuer } from './token-issuer.ts'
import { tokenTrustOf } from './viewer-requests.ts'

const SHOP: TinySubgraph = {
  sdl: `${RATE_LIMIT}
    type Query {
      search: String @rateLimit(limit: 5, duration: 600)
      busy: String @rateLimit(limit: 40, duration: 600)
      free: String
    }
    type Mutation { signIn: String @rateLimit(limit: 3, duration: 600, scope: ADDRESS) }`,
  resolvers: {
    Query: { search: () => 'found', busy: () => 'busy', free: () => 'free' },
    Mutation: { signIn: () => 'in' },
  },
}
const SIGN_IN = 'mutation { signIn }'

const program = findRedis('rate limits in Redis')
const describeWithRedis = program === undefined ? describe.skip : describe

describeWithRedis('limits that gateways share in Redis', () => {
  let redis: TestRedis
  beforeEach(async () => {
    redis = await startRedis(program ?? '')
  })
  afterEach(async () => {
    await redis[Symbol.asyncDispose]()
  })

  // Machines that run tests may keep Redis itself waiting for longer than the default.
  const startShop = (env: Record<string, string> = {}) =>
    startTinyGraph({ shop: SHOP }, { REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '1000', ...env })

  async function ask({ url }: TinyGraph, query: string, headers: Record<string, string> = {}) {
    const started = performance.now()
    const reply = await postGraphql<Record<string, unknown>>(url, { query }, headers)
    const { code } = reply.errors[0]?.extensions ?? {}
    const retryAfter = reply.headers.get('retry-after')
    return { ...reply, code, retryAfter, tookMs: performance.now() - started }
  }

  /** How many of `times` requests one after the other were answered. */
  async function answered(graph: TinyGraph, query: string, times: number): Promise<number> {
    let count = 0
    for (let time = 0; time < times; time += 1) if ((await ask(graph, query)).errors.length === 0) count += 1
    return count
  }

  /** Waits until Redis counts: sensitive fields are answered then, or limited. */
  const counts = (graph: TinyGraph) =>
    eventually(async () => (await ask(graph, SIGN_IN)).code !== 'SERVICE_UNAVAILABLE')
  const messages = ({ logged }: TinyGraph) => logged.map(({ msg }) => msg).filter((msg) => /Redis/.test(String(msg)))
  const GONE = 'Redis is gone: this gateway counts rate limits by itself'
  const BACK = 'Redis is back: rate limits are shared again'

  it('are one for all gateways that share a Redis and a prefix', async () => {
    await using one = await startShop()
    await using two = await startShop()
    await using other = await startShop({ RATE_LIMIT_KEY_PREFIX: 'other' })
    await Promise.all([counts(one), counts(two), counts(other)])
    expect(await answered(one, '{ search }', 3)).toBe(3)
    expect(await answered(two, '{ search }', 4)).toBe(2)
    const { status, errors, retryAfter } = await ask(one, '{ search }')
    expect(status).toBe(429)
    expect(errors).toMatchObject([{ path: ['search'], extensions: { code: 'RATE_LIMITED' } }])
    expect(Number(retryAfter)).toBeGreaterThan(590)
    expect(await answered(other, '{ search }', 9)).toBe(5)
    expect([...messages(one), ...messages(two)]).toEqual([])
  })

  it('are asked for once for each field and request, however often it is selected', async () => {
    await using graph = await startShop()
    await counts(graph)
    await using client = await connect(redis.url)
    const scripts = () => statistic(client.redis, 'commandstats', /cmdstat_evalsha:calls=(\d+)/)
    await ask(graph, '{ search busy }')
    const before = await scripts()
    const { data } = await ask(graph, '{ a: search b: search busy c: search d: search e: search f: busy }')
    expect(data).toEqual({ a: 'found', b: 'found', busy: 'busy', c: 'found', d: 'found', e: null, f: 'busy' })
    expect(await scripts()).toBe(before + 2)
  })

  it('are in keys that end with their window and do not tell who asked', async () => {
    await using issuer = await startTokenIssuer()
    await using graph = await startShop(tokenTrustOf(issuer))
    await counts(graph)
    const authorization = await bearer(issuer.key, { claims: { sub: 'ann@example.com' } })
    await ask(graph, '{ search }', { authorization })
    await ask(graph, '{ search }')
    await using client = await connect(redis.url)
    const keys = (await client.redis.keys('*')).filter((key) => !key.endsWith(':probe')).toSorted()
    expect(keys).toEqual([
      'portico:rate-limit:Mutation.signIn:address:127.0.0.1',
      'portico:rate-limit:Query.search:address:127.0.0.1',
      expect.stringMatching(/^portico:rate-limit:Query\.search:viewer:[\w-]{22}$/),
    ])
    for (const key of keys) expect(await client.redis.ttl(key)).toBeGreaterThan(500)
  })

  it('hold in each gateway while Redis is killed and gone, and are shared again when it is back', async () => {
    await using graph = await startShop()
    await counts(graph)
    expect(await answered(graph, '{ search }', 9)).toBe(5)
    await redis.kill()
    await eventually(() => messages(graph).length > 0)
    expect(await answered(graph, '{ search }', 9)).toBe(5)

    const closed = await ask(graph, SIGN_IN)
    expect(closed).toMatchObject({ status: 503, retryAfter: '1', data: { signIn: null } })
    expect(closed.errors).toMatchObject([
      {
        message: 'Mutation.signIn is not served at the moment; try again soon.',
        path: ['signIn'],
        extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: 1000 },
      },
    ])
    expect(messages(graph)).toEqual([GONE])

    await redis.restart()
    await counts(graph)
    expect(messages(graph)).toEqual([GONE, BACK])
    expect(await answered(graph, '{ search }', 9)).toBe(5)
    expect(messages(graph)).toEqual([GONE, BACK])
  })

  it('let a gateway start and serve without Redis, which may come later', async () => {
    await redis.kill()
    await using graph = await startShop()
    expect(await answered(graph, '{ search free }', 9)).toBe(5)
    expect(await ask(graph, SIGN_IN)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    await redis.restart()
    await counts(graph)
    expect(messages(graph)).toEqual([GONE, BACK])
  })

  it('make no more requests wait than those under way, when Redis stops answering under load', async () => {
    const timeoutMs = 1500
    await using graph = await startShop({ REDIS_TIMEOUT_MS: String(timeoutMs) })
    await counts(graph)
    const clients = 8
    const replies: Awaited<ReturnType<typeof ask>>[] = []
    const enough = new AbortController()
    async function keepAsking(): Promise<void> {
      while (!enough.signal.aborted) replies.push(await ask(graph, '{ busy free }'))
    }
    const load = Array.from({ length: clients }, keepAsking)
    await eventually(() => replies.length > 100)
    redis.stop()
    const before = replies.length
    await eventually(() => messages(graph).length > 0 && replies.length > before + 300)
    const closed = await ask(graph, SIGN_IN)
    enough.abort()
    await Promise.all(load)
    redis.continue()

    expect(closed).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    expect(closed.tookMs).toBeLessThan(timeoutMs)
    expect(replies.filter(({ data }) => data['free'] !== 'free')).toEqual([])
    expect(replies.filter(({ tookMs }) => tookMs >= timeoutMs).length).toBeLessThanOrEqual(clients)
    // The limit of Redis, and once more that of the gateway by itself.
    const isBusy = (from: number, to?: number) => replies.slice(from, to).filter(({ data }) => data['busy'] === 'busy')
    expect(isBusy(0, before)).toHaveLength(40)
    expect(isBusy(before)).toHaveLength(40)
    await counts(graph)
    expect(messages(graph)).toEqual([GONE, BACK])
  }, 30_000)

  it('are shared again after Redis had stopped for so long that its connection was given up', async () => {
    await using line = await startLine(redis.url)
    const log = createLogger({ service: 'test', level: 'silent' })
    await using store = connectRateLimitRedis(
      { url: line.url, timeoutMs: 50 },
      { keyPrefix: 'test', log, hungConnectionMs: 100 },
    )
    store.client.defineCommand('rlflxIncr', COUNT)
    await eventually(() => store.state().available)
    expect(line.connections()).toBe(1)
    redis.stop()
    await expect(store.client.rlflxIncr(['test:a', '1', '1'])).rejects.toThrow('Redis does not count.')
    await eventually(() => line.connections() > 1)
    expect(store.state().available).toBe(false)
    redis.continue()
    await eventually(() => store.state().available)
    expect(await store.client.rlflxIncr(['test:b', '1', '1'])).toEqual([1, 1000])
  }, 30_000)

  it('do not keep a gateway from stopping while it looks for a Redis that hangs', async () => {
    const log = createLogger({ service: 'test', level: 'silent' })
    const timeoutMs = 10_000
    await using line = await startLine(redis.url)
    const store = connectRateLimitRedis({ url: line.url, timeoutMs }, { keyPrefix: 'test', log })
    await eventually(() => store.state().available)
    await using client = await connect(redis.url)
    // As a Redis that is full does, so that it is gone, and looked for.
    await client.redis.config('SET', 'maxmemory', '1')
    store.client.defineCommand('rlflxIncr', COUNT)
    await expect(store.client.rlflxIncr(['test:a', '1', '1'])).rejects.toThrow('Redis does not count.')
    redis.stop()
    const asked = line.asked()
    await eventually(() => line.asked() > asked)
    const started = performance.now()
    await store[Symbol.asyncDispose]()
    const tookMs = performance.now() - started
    redis.continue()
    expect(tookMs).toBeLessThan(timeoutMs / 2)
  }, 30_000)

  it('are kept by the gateway itself while Redis refuses to write, without an end of messages', async () => {
    await using graph = await startShop()
    await counts(graph)
    await using client = await connect(redis.url)
    await client.redis.config('SET', 'maxmemory', '1')
    expect(await answered(graph, '{ search }', 9)).toBe(5)
    expect((await ask(graph, SIGN_IN)).code).toBe('SERVICE_UNAVAILABLE')
    // It is looked for again and again, and refuses each time.
    const refused = () => statistic(client.redis, 'errorstats', /errorstat_OOM:count=(\d+)/)
    const before = await refused()
    await eventually(async () => (await refused()) >= before + 2)
    expect(messages(graph)).toEqual([GONE])
    await client.redis.config('SET', 'maxmemory', '0')
    await counts(graph)
    expect(messages(graph)).toEqual([GONE, BACK])
  })

  it('are told by nobody with a wrong password, which is not told either', async () => {
    await using client = await connect(redis.url)
    await client.redis.config('SET', 'requirepass', 'the-right-one')
    await using refused = await startShop({ REDIS_URL: redis.url.replace('//', '//:the-wrong-one@') })
    await eventually(() => messages(refused).length > 0)
    expect((await ask(refused, SIGN_IN)).code).toBe('SERVICE_UNAVAILABLE')
    expect(JSON.stringify(refused.logged)).not.toContain('the-wrong-one')
    await using accepted = await startShop({ REDIS_URL: redis.url.replace('//', '//:the-right-one@') })
    await counts(accepted)
  })

  it('are not lost because the gateway itself was too busy to read an answer in time', async () => {
    const log = createLogger({ service: 'test', level: 'silent' })
    await using store = connectRateLimitRedis({ url: redis.url, timeoutMs: 50 }, { keyPrefix: 'test', log })
    await eventually(() => store.state().available)
    store.client.defineCommand('rlflxIncr', COUNT)
    await store.client.rlflxIncr(['test:a', '1', '1'])
    const late = store.client.rlflxIncr(['test:a', '1', '1'])
    // The answer arrives while nothing else can run.
    const end = performance.now() + 200
    while (performance.now() < end);
    expect(await late).toEqual([2, 1000])
    expect(store.state()).toMatchObject({ available: true })
  })
})

const COUNT = { numberOfKeys: 1, lua: "return {redis.call('incr', KEYS[1]), 1000}" }

/** A number of `INFO`; 0 before there is one. */
async function statistic(redis: Redis, section: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await redis.info(section))?.[1] ?? 0)
}

/** A line to a server that tells how often it was connected, and how much was sent. */
async function startLine(to: string) {
  const sockets = new Set<Socket>()
  const totals = { connections: 0, chunks: 0 }
  const { hostname, port } = new URL(to)
  const server = createServer((socket) => {
    const onward = createConnection({ host: hostname, port: Number(port) })
    totals.connections += 1
    for (const end of [socket, onward]) {
      sockets.add(end)
      end.on('error', () => undefined).on('close', () => [socket, onward].forEach((other) => other.destroy()))
    }
    socket.on('data', () => (totals.chunks += 1))
    socket.pipe(onward).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`,
    connections: () => totals.connections,
    /** How often something was sent. */
    asked: () => totals.chunks,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function connect(url: string): Promise<AsyncDisposable & { redis: Redis }> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return {
    redis,
    async [Symbol.asyncDispose]() {
      await redis.quit()
    },
  }
}
