import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startHealth } from '@portico/service-kit/health'
import { createHttpServer, listen, ListenError } from '@portico/service-kit/http-server'
import { requestIdFrom } from '@portico/service-kit/request-id'
import { eventually } from '@portico/testkit/eventually'
import { createMemoryLog } from './memory-log.ts'

const BODY_LIMIT = 1000
const UUID = /^[0-9a-f-]{36}$/

/** A server with small limits, and a few routes as a service has them. */
async function startTestServer() {
  await using stack = new AsyncDisposableStack()
  const memory = createMemoryLog()
  const patient = { well: true }
  const check = async () => {
    if (!patient.well) throw new Error('no connection to 10.0.0.7')
  }
  const checks = [{ name: 'database', check }]
  const health = stack.use(await startHealth({ checks, log: memory.log, intervalMs: 1 }))
  const app = createHttpServer({ log: memory.log, health, bodyLimitBytes: BODY_LIMIT, receiveWithinMs: 200 })
  app.post('/echo', (request, reply) => reply.send(request.body))
  app.get('/broken', async () => {
    throw new Error('select * from "user" failed at 10.0.0.7')
  })
  app.get('/refusing', async () => {
    throw Object.assign(new Error('That is too much.'), { statusCode: 422 })
  })
  const slow = Promise.withResolvers<string>()
  const arrived = Promise.withResolvers<void>()
  app.get('/slow', () => {
    arrived.resolve()
    return slow.promise
  })
  stack.defer(() => app.close())
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  const running = stack.move()
  return {
    ...memory,
    app,
    health,
    patient,
    slow,
    arrived: arrived.promise,
    url,
    get: (path: string, headers = {}) => fetch(new URL(path, url), { headers }),
    post: (path: string, body: string | ReadableStream, type = 'application/json') =>
      fetch(new URL(path, url), { method: 'POST', body, headers: { 'content-type': type }, duplex: 'half' }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('a request', () => {
  it('keeps a well-formed id from its sender, in the answer and in the log', async () => {
    const id = 'client-7:a.b_c'
    expect((await server.get('/broken', { 'x-request-id': id })).headers.get('x-request-id')).toBe(id)
    expect(server.lines.at(-1)).toMatchObject({ requestId: id, msg: 'request failed' })
  })

  it('gets a new id when it has none or one that is unfit for logs and headers', async () => {
    for (const headers of [
      {},
      { 'x-request-id': 'short' },
      { 'x-request-id': 'x'.repeat(129) },
      { 'x-request-id': 'a b c d e' },
    ]) {
      expect((await server.get('/health/live', headers)).headers.get('x-request-id')).toMatch(UUID)
    }
    for (const header of [
      ['twice-1234', 'twice-1234'],
      'line\nbreak',
      'ümläute-ü',
      '"quoted-id"',
      '../../../..',
      undefined,
    ]) {
      expect(requestIdFrom(header)).not.toBe(header)
    }
  })

  it('with a body above the limit is refused, whether or not it says its length', async () => {
    const large = JSON.stringify('x'.repeat(BODY_LIMIT))
    for (const body of [large, new Blob([large]).stream()]) {
      const response = await server.post('/echo', body)
      expect(response.status).toBe(413)
      expect(await response.json()).toEqual({
        error: `The body is larger than ${BODY_LIMIT} bytes.`,
        requestId: expect.stringMatching(UUID),
      })
    }
    expect((await server.post('/echo', JSON.stringify('x'.repeat(BODY_LIMIT - 2)))).status).toBe(200)
  })

  it('that is not what it says it is gets a sentence and no stack', async () => {
    for (const [body, type, status] of [
      ['{', 'application/json', 400],
      ['{"__proto__":{"admin":true}}', 'application/json', 400],
      ['a=b', 'application/x-www-form-urlencoded', 415],
    ] as const) {
      const response = await server.post('/echo', body, type)
      expect(response.status).toBe(status)
      expect(await response.json()).toEqual({ error: expect.any(String), requestId: expect.stringMatching(UUID) })
    }
  })

  it('for a path that there is not gets a 404 of the same shape', async () => {
    for (const path of ['/', '/nowhere', '/health']) {
      const response = await server.get(path)
      expect([path, response.status]).toEqual([path, 404])
      expect(await response.json()).toEqual({ error: 'Not found.', requestId: response.headers.get('x-request-id') })
    }
  })

  it('with a method that a path does not know is told those that it knows', async () => {
    for (const [method, path, allow] of [
      ['DELETE', '/echo', 'POST'],
      ['POST', '/health/live?verbose', 'GET, HEAD'],
      ['OPTIONS', '/slow', 'GET, HEAD'],
    ] as const) {
      const response = await fetch(new URL(path, server.url), { method })
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, allow])
      const requestId = response.headers.get('x-request-id')
      expect(await response.json()).toEqual({ error: `Only ${allow} can be used here.`, requestId })
    }
  })

  it('with a path that can not be read gets the same shape, too', async () => {
    const response = await server.get('/%zz')
    expect(response.status).toBe(400)
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toEqual({ error: "'/%zz' is not a valid url component", requestId })
    expect(requestId).toMatch(UUID)
  })

  it('that fails on our side is told nothing, and logged with everything', async () => {
    const response = await server.get('/broken')
    expect(response.status).toBe(500)
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toEqual({ error: 'Internal server error.', requestId })
    expect(server.lines.at(-1)).toMatchObject({
      level: 'error',
      requestId,
      err: {
        message: 'select * from "user" failed at 10.0.0.7',
        stack: expect.stringContaining('http-server.test.ts'),
      },
    })
  })

  it('that is refused on purpose is told why', async () => {
    const response = await server.get('/refusing')
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ error: 'That is too much.' })
  })
})

describe('a client that sends slowly', () => {
  const cutOff = async (request: string) => {
    await using other = await startTestServer()
    const socket = connect(Number(other.url.port), other.url.hostname)
    socket.write(request)
    const answer = await text(socket)
    return answer.split('\r\n')[0]
  }

  it('is cut off, in its headers as in its body', async () => {
    const answers = await Promise.all([
      cutOff('GET /health/live HTTP/1.1\r\nHost: slow\r\nX-'),
      cutOff('POST /echo HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a'),
    ])
    expect(answers).toEqual(['HTTP/1.1 408 Request Timeout', 'HTTP/1.1 408 Request Timeout'])
  })
})

describe('the health routes', () => {
  it('say live and ready without details, and are never kept by a cache', async () => {
    for (const [path, status] of [
      ['/health/live', 'live'],
      ['/health/ready', 'ready'],
    ] as const) {
      const response = await server.get(path)
      expect([response.status, await response.json()]).toEqual([200, { status }])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('stay live when a check fails, and say nothing of it', async () => {
    await using other = await startTestServer()
    other.patient.well = false
    await eventually(() => !other.health.isReady())
    const ready = await other.get('/health/ready')
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable' }])
    expect((await other.get('/health/live')).status).toBe(200)
  })
})

describe('a server that drains', () => {
  it('is not ready, serves on, and asks every client to leave with its answer', async () => {
    await using other = await startTestServer()
    expect((await other.get('/health/live')).headers.get('connection')).toBe('keep-alive')
    other.health.drain()
    for (const [path, status] of [
      ['/health/live', 200],
      ['/health/ready', 503],
      ['/nowhere', 404],
      ['/broken', 500],
    ] as const) {
      const response = await other.get(path)
      expect([path, response.status, response.headers.get('connection')]).toEqual([path, status, 'close'])
    }
  })

  it('closes with the request that runs answered, and idle connections ended', async () => {
    await using other = await startTestServer()
    const idle = connect(Number(other.url.port), other.url.hostname)
    idle.write('GET /health/live HTTP/1.1\r\nHost: idle\r\n\r\n')
    await once(idle, 'data')
    const running = other.get('/slow')
    await other.arrived
    const closing = other.app.close()
    await once(idle, 'close')
    other.slow.resolve('answered')
    expect(await (await running).text()).toBe('answered')
    await closing
    await expect(other.get('/health/live')).rejects.toThrow('fetch failed')
  })
})

describe('a port', () => {
  it('that is taken is named with the variable that changes it', async () => {
    const app = createHttpServer({ log: server.log, health: server.health })
    const port = Number(server.url.port)
    const refused = listen(app, { host: '127.0.0.1', port, portVariable: 'GATEWAY_PORT' })
    await expect(refused).rejects.toBeInstanceOf(ListenError)
    await expect(refused).rejects.toMatchObject({
      message: `Port ${port} on 127.0.0.1 is taken by another program. Set GATEWAY_PORT to another one.`,
    })
    await app.close()
  })

  it('whose address is none of ours names the variable of the host', async () => {
    const app = createHttpServer({ log: server.log, health: server.health })
    await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toThrow(
      '192.0.2.1 is no address of this machine. Set HOST to another one.',
    )
    await app.close()
  })
})
