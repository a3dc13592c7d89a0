import { describe, expect, it } from '@jest/globals'
import { ListenError } from '@portico/service-kit/http-server'
import { createEnvelopeSigner, IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { ANN, createIdentityKey } from './identity-keys.ts'
import { startTestInventory } from './inventory-subgraph/test-inventory.ts'

const COST = '{ part(id: "gasket-2") { id cost } }'

describe('a subgraph behind its gateway', () => {
  it('serves the viewer that the gateway names', async () => {
    await using inventory = await startTestInventory()
    const asAnn = await inventory.post(COST, await inventory.headers(ANN))
    expect(asAnn).toMatchObject({ status: 200, data: { part: { id: 'gasket-2', cost: 120 } }, errors: [] })
    const asNobody = await inventory.post(COST, await inventory.headers())
    expect(asNobody.data).toEqual({ part: { id: 'gasket-2', cost: null } })
    expect(asNobody.errors).toMatchObject([
      { path: ['part', 'cost'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
  })

  it('answers nobody else, whatever they say they are', async () => {
    await using inventory = await startTestInventory()
    const forger = await createEnvelopeSigner((await createIdentityKey('k1')).privateJwk)
    for (const headers of [
      {},
      { 'x-portico-viewer': '{"id":"ann"}' },
      { [IDENTITY_HEADER]: await forger.sign(ANN, 'inventory') },
    ]) {
      const { status, data, errors } = await inventory.post(COST, headers)
      expect([status, data]).toEqual([401, undefined])
      expect(errors).toMatchObject([
        { message: 'This service answers only its gateway.', extensions: { code: 'UNTRUSTED_CALLER' } },
      ])
    }
  })

  it('says nothing of a failure that it did not expect, and logs everything with the request', async () => {
    await using inventory = await startTestInventory()
    const headers = { ...(await inventory.headers()), 'x-request-id': 'request-1234' }
    const reply = await inventory.post('query Lost { misplaced { id } part(id: "valve-1") { id } }', headers)
    expect(reply.data).toEqual({ misplaced: null, part: { id: 'valve-1' } })
    expect(reply.errors).toEqual([
      {
        message: 'Internal server error.',
        path: ['misplaced'],
        locations: [{ line: 1, column: 14 }],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ])
    expect(reply.headers.get('x-request-id')).toBe('request-1234')
    const failures = inventory.lines.filter(({ level }) => level === 'error')
    expect(failures).toMatchObject([
      {
        requestId: 'request-1234',
        operationName: 'Lost',
        path: ['misplaced'],
        err: {
          message: 'no shelf 12 in /var/lib/inventory/shelves.db',
          stack: expect.stringContaining('inventory.ts'),
        },
      },
    ])
  })

  it('shows its types by introspection in development only', async () => {
    await using production = await startTestInventory({ production: true })
    const refused = await production.post('{ __schema { types { name } } }', await production.headers())
    expect([refused.status, refused.errors.length]).toEqual([400, 1])
    await using development = await startTestInventory({ production: false })
    const shown = await development.post('{ __type(name: "Part") { name } }', await development.headers())
    expect(shown).toMatchObject({ status: 200, data: { __type: { name: 'Part' } } })
  })

  it.each(['url', 'adminUrl'] as const)(
    'that is told to stop serves until balancers who ask its %s have noticed',
    async (port) => {
      const inventory = await startTestInventory({ drainDelayMs: 500 })
      const headers = await inventory.headers()
      const isReady = async () => (await fetch(new URL('/health/ready', inventory[port]))).status === 200
      expect([await isReady(), await isReady()]).toEqual([true, true])
      const stopping = inventory[Symbol.asyncDispose]()
      const [ready, reply] = await Promise.all([isReady(), inventory.post('{ part(id: "valve-1") { id } }', headers)])
      expect(ready).toBe(false)
      expect([reply.status, reply.headers.get('connection')]).toEqual([200, 'close'])
      await stopping
      await expect(inventory.post(COST, headers)).rejects.toThrow('fetch failed')
    },
  )

  it('that is told to stop waits for nobody when nobody asks whether it is ready', async () => {
    const inventory = await startTestInventory({ drainDelayMs: 60_000 })
    expect((await fetch(new URL('/health/live', inventory.url))).status).toBe(200)
    expect((await fetch(new URL('/health/checks', inventory.adminUrl))).status).toBe(200)
    // As whoever has started it does, until it is.
    expect((await fetch(new URL('/health/ready', inventory.url))).status).toBe(200)
    await inventory[Symbol.asyncDispose]()
    await expect(fetch(inventory.url)).rejects.toThrow('fetch failed')
  })

  it('whose port is taken says so without waiting for anybody to drain', async () => {
    await using first = await startTestInventory()
    const second = startTestInventory({ port: Number(first.url.port), drainDelayMs: 60_000 })
    await expect(second).rejects.toBeInstanceOf(ListenError)
  })
})

describe('what a subgraph tells its operators', () => {
  const requestLines = (lines: Record<string, unknown>[]) => lines.filter(({ msg }) => msg === 'request')

  it('is a line for each request, without variables or query text', async () => {
    await using inventory = await startTestInventory()
    const headers = { ...(await inventory.headers(ANN)), 'x-request-id': 'request-1234' }
    await inventory.post('query Price { part(id: "gasket-2") { cost } }', headers)
    await fetch(new URL('/health/ready', inventory.url))
    await eventually(() => requestLines(inventory.lines).length > 0)
    expect(requestLines(inventory.lines)).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        service: 'test',
        msg: 'request',
        requestId: 'request-1234',
        operationName: 'Price',
        operationType: 'query',
        status: 200,
        durationMs: expect.any(Number),
        viewerId: ANN.id,
      },
    ])
  })

  it('is a line for a request that is refused, too', async () => {
    await using inventory = await startTestInventory()
    await inventory.post('{ part(id: "gasket-2") { cost } }', {})
    await eventually(() => requestLines(inventory.lines).length > 0)
    expect(requestLines(inventory.lines)).toMatchObject([{ path: '/graphql', status: 401 }])
  })

  it('is metrics and health, on another port than its own', async () => {
    await using inventory = await startTestInventory()
    await inventory.post(COST, await inventory.headers())
    const get = async (path: string) => (await fetch(new URL(path, inventory.adminUrl))).text()
    await eventually(async () => (await get('/metrics')).includes('outcome="refused"'))
    const samples = (await get('/metrics')).split('\n').filter((line) => line.startsWith('portico_'))
    expect(samples).toEqual(
      expect.arrayContaining([
        'portico_subgraph_requests_total{type="query",outcome="refused",status="200",subgraph="inventory"} 1',
        'portico_subgraph_request_duration_seconds_count{subgraph="inventory",type="query"} 1',
        'portico_subgraph_requests_in_flight{subgraph="inventory"} 0',
        'portico_subgraph_ready{subgraph="inventory"} 1',
      ]),
    )
    expect(JSON.parse(await get('/health/checks'))).toMatchObject({ status: 'ready' })
    for (const path of ['/metrics', '/health/checks']) {
      expect([path, (await fetch(new URL(path, inventory.url))).status]).toEqual([path, 404])
    }
  })

  it('is told to the gateway on the way, and to nobody else', async () => {
    await using inventory = await startTestInventory()
    const forger = await createEnvelopeSigner((await createIdentityKey('k1')).privateJwk)
    const askedBy = async (headers: Record<string, string>) => {
      const response = await fetch(new URL('/health/ready', inventory.url), { headers })
      return [response.status, await response.json()]
    }
    expect(await askedBy(await inventory.headers())).toEqual([200, { status: 'ready', details: { shelves: 12 } }])
    for (const headers of [
      {},
      { 'x-portico-viewer': '{"id":"ann"}' },
      { [IDENTITY_HEADER]: 'a.b.c' },
      { [IDENTITY_HEADER]: await forger.sign(ANN, 'inventory') },
    ]) {
      expect(await askedBy(headers)).toEqual([200, { status: 'ready' }])
    }
    expect(await (await fetch(new URL('/health/checks', inventory.adminUrl))).json()).toMatchObject({ shelves: 12 })
  })

  it('can be asked for while it drains', async () => {
    const inventory = await startTestInventory({ drainDelayMs: 500 })
    for (const _ of [1, 2]) await fetch(new URL('/health/ready', inventory.url))
    const stopping = inventory[Symbol.asyncDispose]()
    const details = await fetch(new URL('/health/checks', inventory.adminUrl))
    expect(await details.json()).toMatchObject({ status: 'draining' })
    await stopping
    await expect(fetch(new URL('/metrics', inventory.adminUrl))).rejects.toThrow('fetch failed')
  })
})

describe('a subgraph alone', () => {
  it('serves whoever its developer plays, without a gateway', async () => {
    await using inventory = await startTestInventory({ production: false, trust: { kind: 'anyone' } })
    const post = (viewer?: string) =>
      postGraphql(inventory.url, { query: COST }, viewer === undefined ? {} : { 'x-portico-viewer': viewer })
    expect(await post('{"id":"ann"}')).toMatchObject({ status: 200, data: { part: { cost: 120 } }, errors: [] })
    expect(await post()).toMatchObject({ status: 200, data: { part: { cost: null } } })
    expect(await post('ann')).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })
})
