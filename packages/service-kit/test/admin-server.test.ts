import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { toAdminConfig } from '@portico/service-kit/admin-config'
import { startAdminServer } from '@portico/service-kit/admin-server'
import { startHealth } from '@portico/service-kit/health'
import { createExposition } from '@portico/service-kit/metrics'
import { Counter, Registry } from 'prom-client'
import { createMemoryLog } from './memory-log.ts'

const USUAL = { ADMIN_HOST: '127.0.0.1', ADMIN_HOSTS: [] }

/** An admin server with a counter at 3, and one route of details. */
async function startTestAdmin({ config } = { config: toAdminConfig({ ...USUAL, ADMIN_PORT: 0 }, 0) }) {
  await using stack = new AsyncDisposableStack()
  const memory = createMemoryLog()
  const health = stack.use(await startHealth({ checks: [], log: memory.log }))
  const registry = new Registry()
  const things = new Counter({ name: 'test_things_total', help: 'Things.', registers: [registry] })
  things.inc(3)
  const routes: Parameters<typeof startAdminServer>[0]['routes'] = (app) => app.get('/details', async () => ({ a: 1 }))
  const admin = stack.use(
    await startAdminServer({ config, log: memory.log, health, metrics: createExposition(registry), routes }),
  )
  const running = stack.move()
  return { ...memory, health, url: admin.url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Asks with a `Host` header of the test's own. */
async function ask(url: URL | undefined, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const request = get(new URL(path, url), { headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

describe('an admin server', () => {
  it('serves metrics of its registry and of the process in the text format of Prometheus', async () => {
    await using admin = await startTestAdmin()
    const response = await ask(admin.url, '/metrics')
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const metrics = await text(response)
    expect(metrics).toContain('# TYPE test_things_total counter\ntest_things_total 3\n')
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
    ]) {
      expect(metrics).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
    // A line without a value or a name would make Prometheus refuse everything.
    const lines = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(lines.filter((line) => !/^[a-z_:][\w:]*(\{([a-z_]\w*="[^"]*",?)+\})? (\S+)$/i.test(line))).toEqual([])
  })

  it('serves health and details, which nothing keeps a copy of', async () => {
    await using admin = await startTestAdmin()
    const details = await ask(admin.url, '/details')
    expect([details.headers['cache-control'], await json(details)]).toEqual(['no-store', { a: 1 }])
    expect((await ask(admin.url, '/health/live')).statusCode).toBe(200)
    expect((await ask(admin.url, '/health/ready')).statusCode).toBe(200)
    admin.health.drain()
    expect((await ask(admin.url, '/health/ready')).statusCode).toBe(503)
    expect((await ask(admin.url, '/metrics')).statusCode).toBe(200)
    expect((await ask(admin.url, '/')).statusCode).toBe(404)
  })

  it('refuses names that a foreign page could have had resolved to it, and takes those that it can not', async () => {
    await using admin = await startTestAdmin()
    for (const host of [
      'attacker.example',
      'gateway.attacker.example:4100',
      '127.0.0.1.attacker.example',
      'x.localhost.example',
    ]) {
      const response = await ask(admin.url, '/metrics', { host })
      expect([host, response.statusCode]).toEqual([host, 403])
      expect(await text(response)).not.toContain('test_things_total')
    }
    for (const host of [
      'localhost:4100',
      '10.1.2.3:4100',
      '[::1]:4100',
      'gateway',
      'gateway.shop.svc.cluster.local',
      'gateway.shop.svc.cluster.local.:4100',
      'gateway.portico.svc:4100',
      'Prometheus.LAN',
      'router.home.arpa',
    ]) {
      expect([host, (await ask(admin.url, '/metrics', { host })).statusCode]).toEqual([host, 200])
    }
  })

  it('takes a name of the public DNS that it was told is its own, and no other', async () => {
    const config = toAdminConfig({ ADMIN_HOST: '127.0.0.1', ADMIN_PORT: 0, ADMIN_HOSTS: ['Gateway.Shop.example'] }, 0)
    await using admin = await startTestAdmin({ config })
    for (const [host, status] of [
      ['gateway.shop.example:4100', 200],
      ['GATEWAY.shop.example', 200],
      ['x.gateway.shop.example', 403],
      ['gateway.shop.example.attacker.example', 403],
    ] as const) {
      expect([host, (await ask(admin.url, '/metrics', { host })).statusCode]).toEqual([host, status])
    }
  })

  it('lets no page of another origin read it', async () => {
    await using admin = await startTestAdmin()
    const { headers } = await ask(admin.url, '/metrics', { origin: 'https://attacker.example' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  })
})

describe('the port of an admin server', () => {
  const usual = (port: number) => toAdminConfig(USUAL, port)

  it('is the usual one, or a free one with one warning while that is taken', async () => {
    await using first = await startTestAdmin()
    const port = Number(first.url?.port)
    await using second = await startTestAdmin({ config: usual(port) })
    expect(second.url?.port).not.toBe(first.url?.port)
    expect((await ask(second.url, '/metrics')).statusCode).toBe(200)
    expect(second.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        usualPort: port,
        admin: second.url?.href,
        msg: 'the usual admin port is taken; set ADMIN_PORT to choose one',
      },
    ])
  })

  it('that was asked for has to be free', async () => {
    await using first = await startTestAdmin()
    const port = Number(first.url?.port)
    const config = toAdminConfig({ ...USUAL, ADMIN_PORT: port }, 0)
    await expect(startTestAdmin({ config })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken by another program. Set ADMIN_PORT to another one.`,
    )
    await expect(startTestAdmin({ config: toAdminConfig({ ...USUAL, ADMIN_HOST: '192.0.2.1' }, 0) })).rejects.toThrow(
      '192.0.2.1 is no address of this machine. Set ADMIN_HOST to another one.',
    )
  })

  it('may be none', async () => {
    const config = toAdminConfig({ ...USUAL, ADMIN_PORT: 'off' }, 4100)
    await using admin = await startTestAdmin({ config })
    expect(admin.url).toBeUndefined()
  })
})
