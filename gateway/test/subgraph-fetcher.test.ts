import { getEventListeners } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import zlib from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { startDeadline } from '../src/deadline.ts'
import { createSubgraphFetcher, type FetchOptions, type SubgraphFetcherOptions } from '../src/subgraph/fetcher.ts'
import { headerLine } from '../src/subgraph/http1/request-message.ts'
import { LOCALHOST } from './localhost-certificate.ts'
import { startHttpServer, startHttpsServer, startRawServer, type TestServer } from './raw-server.ts'

const DATA = '{"data":{}}'
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'

function fetcherOf({ url }: TestServer, given: Partial<SubgraphFetcherOptions> = {}) {
  const usual = { timeoutMs: 5000, connections: 4, queue: 100, answerLimitBytes: 100_000, compression: false }
  return createSubgraphFetcher({ name: 'shop', url, ...usual, ...given })
}

/** Of a request of its own, for a query unless it says otherwise. */
function options(given: Partial<FetchOptions> = {}): FetchOptions {
  return { headers: '', signal: new AbortController().signal, deadline: Infinity, shareKey: 'query', ...given }
}

const reasonOf = (fetching: Promise<unknown>) =>
  fetching.then(
    () => 'answered',
    ({ reason }: { reason: string }) => reason,
  )

/** A server that answers when it is told to, and what it was asked. */
async function startPatientServer() {
  const asked: { request: IncomingMessage; response: ServerResponse }[] = []
  const listener: RequestListener = (request, response) => {
    request.resume()
    request.on('end', () => asked.push({ request, response }))
  }
  const server = await startHttpServer(listener)
  return {
    ...server,
    asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    /** Waits until it has been asked so often. */
    async askedTimes(times: number) {
      while (asked.length < times) await sleep(1)
      return asked
    },
    answerAll: () => asked.splice(0).forEach(({ response }) => response.end(DATA)),
  }
}

describe('what is sent', () => {
  it('is the body as it is given, in UTF-8, with the headers that are given, in Latin-1', async () => {
    let body = ''
    let headers: IncomingMessage['headers'] = {}
    let contentLength = 0
    await using server = await startHttpServer((request, response) => {
      headers = request.headers
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        contentLength = Buffer.byteLength(body)
        response.end(DATA)
      })
    })
    await using fetcher = fetcherOf(server)
    for (const [text, name] of [
      ['{"query":"{ plain }"}', 'Al'],
      ['{"query":"{ name(is: \\"Jürgen 日本 🛒\\") }"}', 'Al'],
      ['{"query":"{ name(is: \\"Jürgen 日本 🛒\\") }"}', 'Jürgen'],
    ] as const) {
      body = ''
      await fetcher.fetch(
        text,
        options({ headers: headerLine('x-name', name) + headerLine('x-empty', ''), requestId: 'some-request' }),
      )
      expect([body, headers['x-name'], headers['x-empty'], headers['content-length']]).toEqual([
        text,
        name,
        '',
        String(contentLength),
      ])
      expect(headers).toMatchObject({ host: server.url.host, 'x-request-id': 'some-request' })
      expect(headers).not.toHaveProperty('accept-encoding')
    }
  })

  it.each([
    ['x-name', 'a\r\nx-admin: true'],
    ['x-name', 'a\nb'],
    ['x-name', 'a\0b'],
    ['x-name', '\u010Ax-admin: true'],
    ['x-name: a\r\nb', 'c'],
    ['', 'c'],
  ])('is nothing when the header %j with the value %j would be two', async (name, value) => {
    let asked = false
    await using server = await startHttpServer((_, response) => {
      asked = true
      response.end(DATA)
    })
    await using fetcher = fetcherOf(server)
    const fetching = async () => fetcher.fetch('{}', options({ headers: headerLine(name, value) }))
    await expect(fetching()).rejects.toThrow(TypeError)
    expect(asked).toBe(false)
  })
})

describe('connections', () => {
  it('are used again, by one fetch at a time, and no more are opened than are allowed', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { connections: 2 })
    const first = Promise.all(Array.from({ length: 5 }, () => fetcher.fetch('{}', options())))
    await server.askedTimes(2)
    await sleep(20)
    expect(server.asked).toHaveLength(2)
    const answering = setInterval(server.answerAll, 1)
    await first
    await fetcher.fetch('{}', options())
    clearInterval(answering)
    expect(server.connections()).toBe(2)
  })

  it('are waited for by so many, and further fetches fail at once', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { connections: 1, queue: 2 })
    const three = Array.from({ length: 3 }, () => fetcher.fetch('{}', options()))
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'overloaded',
      message: 'Too many requests wait for shop.',
    })
    const answering = setInterval(server.answerAll, 1)
    await Promise.all(three)
    clearInterval(answering)
  })

  it('free the place of one who gave up waiting', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { connections: 1, queue: 1 })
    const gone = new AbortController()
    const first = fetcher.fetch('{}', options())
    const second = fetcher.fetch('{}', options({ signal: gone.signal }))
    gone.abort()
    expect(await reasonOf(second)).toBe('cancelled')
    const third = fetcher.fetch('{}', options())
    const answering = setInterval(server.answerAll, 1)
    await Promise.all([first, third])
    clearInterval(answering)
    expect(server.connections()).toBe(1)
  })

  it('that are refused are told with their cause, and the next fetch tries again', async () => {
    const server = await startHttpServer((_, response) => response.end(DATA))
    await using fetcher = fetcherOf(server)
    await server[Symbol.asyncDispose]()
    for (const _ of [1, 2]) {
      await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
        reason: 'unreachable',
        message: 'shop can not be reached.',
        cause: { code: 'ECONNREFUSED' },
      })
    }
  })

  it('take the next fetch of the queue when one breaks', async () => {
    let asked = 0
    await using server = await startHttpServer((_, response) => {
      if (++asked === 1) response.destroy()
      else response.end(DATA)
    })
    await using fetcher = fetcherOf(server, { connections: 1 })
    const fetching = [1, 2, 3].map(() => reasonOf(fetcher.fetch('{}', options())))
    expect(await Promise.all(fetching)).toEqual(['unreachable', 'answered', 'answered'])
  })

  it('let what was begun end when the fetcher is disposed, and nothing more begin', async () => {
    await using server = await startPatientServer()
    const fetcher = fetcherOf(server)
    const fetching = fetcher.fetch('{}', options())
    await server.askedTimes(1)
    const disposing = fetcher[Symbol.asyncDispose]()
    expect(await reasonOf(fetcher.fetch('{}', options()))).toBe('unreachable')
    server.answerAll()
    expect(await fetching).toMatchObject({ text: DATA })
    await disposing
    while (server.sockets.size > 0) await sleep(1)
  })
})

describe('a connection that the subgraph closes while it is idle', () => {
  /** Answers the first request of each connection, and closes it at the second. */
  const startClosingServer = async () => {
    let received = 0
    const server = await startRawServer((socket) => {
      let count = 0
      socket.on('data', () => {
        received++
        if (++count === 1) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${DATA.length}\r\n\r\n${DATA}`)
        else socket.resetAndDestroy()
      })
    })
    return { ...server, received: () => received, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  it('costs a query another connection and no error', async () => {
    await using server = await startClosingServer()
    await using fetcher = fetcherOf(server)
    for (let round = 0; round < 5; round++) await fetcher.fetch('{}', options())
    expect([server.connections(), server.received()]).toEqual([5, 9])
  })

  it('fails a mutation that may have been executed, which is never sent again', async () => {
    await using server = await startClosingServer()
    await using fetcher = fetcherOf(server)
    await fetcher.fetch('{}', options())
    expect(await reasonOf(fetcher.fetch('{}', options({ shareKey: undefined })))).toBe('unreachable')
    expect([server.connections(), server.received()]).toEqual([1, 2])
  })

  it('costs a mutation another connection and no error when it was closed before', async () => {
    await using server = await startHttpServer((_, response) => response.end(DATA))
    await using fetcher = fetcherOf(server)
    for (let round = 0; round < 20; round++) {
      await fetcher.fetch('{}', options({ shareKey: undefined }))
      // This has come, and was not read, when the next one is begun.
      for (const socket of server.sockets) socket.destroy()
    }
    expect(server.connections()).toBe(20)
  })

  it.each([
    ['an answer that nobody asked for', 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":[]}'],
    ['a 408', TIMED_OUT],
  ])('costs a mutation another connection when %s came before it was sent', async (_, stray) => {
    let received = 0
    await using server = await startRawServer((socket) => {
      socket.on('data', () => {
        received++
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${DATA.length}\r\n\r\n${DATA}`)
      })
    })
    await using fetcher = fetcherOf(server)
    for (let round = 0; round < 20; round++) {
      expect(await fetcher.fetch('{}', options({ shareKey: undefined }))).toMatchObject({ status: 200, text: DATA })
      // This has come, and was not read, when the next one is begun.
      for (const socket of server.sockets) socket.write(stray)
    }
    expect([server.connections(), received]).toEqual([20, 20])
  })

  it('costs a query another connection when it says so with a 408, once', async () => {
    await using server = await startRawServer((socket) => {
      let count = 0
      socket.on('data', () => {
        if (++count > 1) socket.end(TIMED_OUT)
        else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${DATA.length}\r\n\r\n${DATA}`)
      })
    })
    await using fetcher = fetcherOf(server)
    for (let round = 0; round < 3; round++) {
      expect(await fetcher.fetch('{}', options())).toMatchObject({ status: 200, text: DATA })
    }
    expect(server.connections()).toBe(3)
    expect(await fetcher.fetch('{}', options({ shareKey: undefined }))).toMatchObject({ status: 408 })
    expect(server.connections()).toBe(3)
  })

  it('tells the 408 that a new connection brings', async () => {
    let received = 0
    await using server = await startRawServer((socket) => {
      socket.on('data', () => {
        received++
        socket.end(TIMED_OUT)
      })
    })
    await using fetcher = fetcherOf(server)
    expect(await fetcher.fetch('{}', options())).toMatchObject({ status: 408 })
    expect(received).toBe(1)
  })

  it('fails a query when it is the new one that breaks', async () => {
    let received = 0
    await using server = await startRawServer((socket) => {
      socket.on('data', () => {
        received++
        socket.destroy()
      })
    })
    await using fetcher = fetcherOf(server)
    expect(await reasonOf(fetcher.fetch('{}', options()))).toBe('unreachable')
    expect(received).toBe(1)
  })

  it('fails a query of which an answer had begun to come', async () => {
    let received = 0
    await using server = await startRawServer((socket) => {
      let count = 0
      socket.on('data', () => {
        received++
        if (++count === 1) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${DATA.length}\r\n\r\n${DATA}`)
        else socket.end('HTTP/1.1 200 OK\r\n')
      })
    })
    await using fetcher = fetcherOf(server)
    await fetcher.fetch('{}', options())
    expect(await reasonOf(fetcher.fetch('{}', options()))).toBe('unreachable')
    expect(received).toBe(2)
  })
})

describe('connections over TLS', () => {
  it('carry answers of all sizes, and are used again', async () => {
    const text = `{"data":{"a":"${'é'.repeat(150_000)}"}}`
    let size = text.length
    const trusted = tls.getCACertificates()
    tls.setDefaultCACertificates([...trusted, LOCALHOST.cert])
    try {
      await using server = await startHttpsServer(
        (_, response) => response.end(size === text.length ? text : DATA),
        LOCALHOST,
      )
      await using fetcher = fetcherOf(server, { answerLimitBytes: 1_000_000 })
      expect(await fetcher.fetch('{}', options())).toMatchObject({ text })
      size = 0
      expect(await fetcher.fetch('{}', options())).toMatchObject({ text: DATA })
      expect(server.connections()).toBe(1)
    } finally {
      tls.setDefaultCACertificates(trusted)
    }
  })

  it('are none when the certificate is not trusted', async () => {
    await using server = await startHttpsServer((_, response) => response.end(DATA), LOCALHOST)
    await using fetcher = fetcherOf(server)
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'unreachable',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
  })
})

describe('a fetch that takes too long', () => {
  it.each<[string, RequestListener]>([
    ['has no answer', () => undefined],
    ['has an answer that does not end', (_, response) => void response.write('{"data":')],
    [
      'has an answer that drips',
      (_, response) => {
        const drip = setInterval(() => response.write(' '), 10)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ])('fails, with its connection, when it %s', async (_, answer) => {
    await using server = await startHttpServer(answer)
    await using fetcher = fetcherOf(server, { timeoutMs: 60 })
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'timeout',
      message: 'shop did not answer in time.',
    })
    while (server.sockets.size > 0) await sleep(1)
  })

  it('fails while it waits for a connection', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { timeoutMs: 60, connections: 1 })
    const both = [fetcher.fetch('{}', options()), fetcher.fetch('{}', options())].map(reasonOf)
    expect(await Promise.all(both)).toEqual(['timeout', 'timeout'])
  })
})

describe('an aborted request', () => {
  it('ends all of its fetches and closes their connections, since nobody else waits', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server)
    const gone = new AbortController()
    const other = fetcher.fetch('{}', options())
    const all = ['a', 'b'].map((shareKey) => reasonOf(fetcher.fetch('{}', options({ signal: gone.signal, shareKey }))))
    await server.askedTimes(3)
    gone.abort()
    expect(await Promise.all(all)).toEqual(['cancelled', 'cancelled'])
    while (server.sockets.size > 1) await sleep(1)
    server.answerAll()
    expect(await other).toMatchObject({ text: DATA })
  })

  it('is told apart by whether its time was over', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server)
    using over = startDeadline({ withinMs: 10 })
    await expect(fetcher.fetch('{}', options({ signal: over.signal }))).rejects.toMatchObject({
      reason: 'request-timeout',
      message: 'The request ran out of time before shop had answered.',
    })
  })
})

describe('queries that are the same', () => {
  it('are one HTTP request inside a request, as long as it is on its way', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server)
    const { signal } = new AbortController()
    const both = Promise.all([fetcher.fetch('{}', options({ signal })), fetcher.fetch('{}', options({ signal }))])
    await server.askedTimes(1)
    await sleep(20)
    expect(server.asked).toHaveLength(1)
    server.answerAll()
    expect(await both).toMatchObject([{ text: DATA }, { text: DATA }])
    const later = fetcher.fetch('{}', options({ signal }))
    await server.askedTimes(1)
    server.answerAll()
    await later
  })

  it.each<[string, Partial<FetchOptions>]>([
    ['another key', { shareKey: 'other' }],
    ['other headers', { headers: headerLine('x-tenant', 'b') }],
    ['no key, since it is a mutation', { shareKey: undefined }],
  ])('are not those with %s', async (_, different) => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const { signal } = new AbortController()
    const same = { signal, headers: headerLine('x-tenant', 'a') }
    const all = Promise.all([
      fetcher.fetch('{}', options(same)),
      fetcher.fetch('{}', options({ ...same, ...different })),
    ])
    await server.askedTimes(2)
    server.answerAll()
    expect(await all).toMatchObject([{ text: DATA }, { text: DATA }])
  })

  it('are not those of another subgraph', async () => {
    await using one = await startPatientServer()
    await using other = await startPatientServer()
    await using fetchers = new AsyncDisposableStack()
    const { signal } = new AbortController()
    const all = [one, other].map((server) => fetchers.use(fetcherOf(server)).fetch('{}', options({ signal })))
    await one.askedTimes(1)
    await other.askedTimes(1)
    one.answerAll()
    other.answerAll()
    expect(await Promise.all(all)).toMatchObject([{ text: DATA }, { text: DATA }])
  })

  it('are as many as there are mutations, also inside a request', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const mutation = options({ shareKey: undefined })
    const both = [fetcher.fetch('{}', mutation), fetcher.fetch('{}', mutation)]
    await server.askedTimes(2)
    server.answerAll()
    expect(await Promise.all(both)).toMatchObject([{ text: DATA }, { text: DATA }])
  })

  it('are one of each request, unless they may be shared between requests', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server)
    const both = [fetcher.fetch('{}', options()), fetcher.fetch('{}', options())]
    await server.askedTimes(2)
    server.answerAll()
    await Promise.all(both)

    await using sharing = fetcherOf(server, { shareAcrossRequests: true })
    const shared = Array.from({ length: 20 }, (_, index) =>
      sharing.fetch('{}', options({ requestId: `request-${index}`, deadline: performance.now() + 10_000 + index })),
    )
    await server.askedTimes(1)
    await sleep(20)
    expect(server.asked).toHaveLength(1)
    server.answerAll()
    expect(await Promise.all(shared)).toHaveLength(20)
  })

  it('go on for the others when one who shares them is gone, and end with the last', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const clients = [new AbortController(), new AbortController(), new AbortController()]
    const all = clients.map(({ signal }) => reasonOf(fetcher.fetch('{}', options({ signal }))))
    const [first, second, third] = clients
    await server.askedTimes(1)
    first?.abort()
    second?.abort()
    expect([await all[0], await all[1], server.sockets.size]).toEqual(['cancelled', 'cancelled', 1])
    third?.abort()
    expect(await all[2]).toBe('cancelled')
    while (server.sockets.size > 0) await sleep(1)

    const next = fetcher.fetch('{}', options())
    await server.askedTimes(2)
    server.answerAll()
    expect(await next).toMatchObject({ text: DATA })
  })

  it('do not join one that was told to hurry for a request with less time', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const soon = performance.now() + 1000
    const all = Promise.all([
      fetcher.fetch('{}', options({ deadline: soon })),
      fetcher.fetch('{}', options({ deadline: soon - 1 })),
      fetcher.fetch('{}', options({ deadline: soon + 1 })),
    ])
    await server.askedTimes(2)
    await sleep(20)
    expect(server.asked).toHaveLength(2)
    server.answerAll()
    await all
  })

  it('do not join one that was begun before a mutation was answered', async () => {
    await using server = await startPatientServer()
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const before = fetcher.fetch('{}', options())
    const mutation = fetcher.fetch('{}', options({ shareKey: undefined }))
    const [, changing] = await server.askedTimes(2)
    changing?.response.end(DATA)
    await mutation
    const after = fetcher.fetch('{}', options())
    await server.askedTimes(3)
    server.answerAll()
    expect(await Promise.all([before, after])).toMatchObject([{ text: DATA }, { text: DATA }])
  })

  it('fail together', async () => {
    await using server = await startHttpServer((_, response) => void response.destroy())
    await using fetcher = fetcherOf(server, { shareAcrossRequests: true })
    const all = [1, 2, 3].map(() => reasonOf(fetcher.fetch('{}', options())))
    expect(await Promise.all(all)).toEqual(['unreachable', 'unreachable', 'unreachable'])
    expect(server.connections()).toBe(1)
  })
})

describe('compressed answers', () => {
  const large = `{"data":{"text":"${Array.from({ length: 9000 }, (_, index) => index * 7919).join()}"}}`
  const compressions: [string, (text: string) => Buffer][] = [
    ['gzip', zlib.gzipSync],
    ['x-gzip', zlib.gzipSync],
    ['br', zlib.brotliCompressSync],
    ['deflate', zlib.deflateSync],
    ['zstd', zlib.zstdCompressSync],
  ]

  it.each(compressions)('in %s are read, small and large, when they are asked for', async (coding, compress) => {
    let accepted: string | string[] | undefined
    await using server = await startHttpServer((request, response) => {
      accepted = request.headers['accept-encoding']
      const text = request.headers['x-large'] ? large : DATA
      response.writeHead(200, { 'content-encoding': coding }).end(compress(text))
    })
    await using fetcher = fetcherOf(server, { compression: true, answerLimitBytes: 1_000_000 })
    expect(await fetcher.fetch('{}', options())).toMatchObject({ text: DATA })
    expect(await fetcher.fetch('{}', options({ headers: headerLine('x-large', '1') }))).toMatchObject({ text: large })
    expect(accepted).toBe('deflate, br, zstd, gzip')
  })

  it.each(compressions)('in %s are too large when what comes out is', async (coding, compress) => {
    const bomb = compress(' '.repeat(5_000_000))
    const noisy = compress(large)
    let body = bomb
    await using server = await startHttpServer((_, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(body)
    })
    await using fetcher = fetcherOf(server, { answerLimitBytes: large.length - 1 })
    for (body of [bomb, noisy]) {
      await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
        reason: 'bad-answer',
        message: 'The answer of shop is too large.',
      })
    }
  })

  it.each<[string, string, Buffer]>([
    ['are something else than they say', 'gzip', Buffer.from(DATA)],
    ['are cut off', 'gzip', zlib.gzipSync(DATA).subarray(0, 20)],
    ['are cut off and large', 'gzip', zlib.gzipSync(large, { level: 0 }).subarray(0, 40_000)],
    ['are in an unknown coding', 'compress', Buffer.from(DATA)],
    ['are in several', 'gzip, gzip', zlib.gzipSync(zlib.gzipSync(DATA))],
  ])('can not be read when they %s', async (_, coding, body) => {
    await using server = await startHttpServer((__, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(body)
    })
    await using fetcher = fetcherOf(server)
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'bad-answer',
      message: 'shop answered in a content encoding that can not be read.',
    })
  })
})

describe('the text of an answer', () => {
  it('is what was written in UTF-8, wherever it was cut on its way', async () => {
    const text = `{"data":{"name":"Jürgen 日本 🛒 ${'é'.repeat(1000)}"}}`
    await using server = await startHttpServer((_, response) => {
      const bytes = Buffer.from(text)
      response.write(bytes.subarray(0, 18))
      setTimeout(() => response.end(bytes.subarray(18)), 5)
    })
    await using fetcher = fetcherOf(server)
    expect(await fetcher.fetch('{}', options())).toMatchObject({ status: 200, text })
  })

  it('begins after a byte order mark', async () => {
    await using server = await startHttpServer((_, response) => response.end(`\uFEFF${DATA}`))
    await using fetcher = fetcherOf(server)
    expect(await fetcher.fetch('{}', options())).toMatchObject({ text: DATA })
  })

  it('is none when it is not UTF-8', async () => {
    await using server = await startHttpServer((_, response) =>
      response.end(Buffer.from('{"data":{"a":"\xe9"}}', 'latin1')),
    )
    await using fetcher = fetcherOf(server)
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'bad-answer',
      message: 'shop answered with something that is not UTF-8.',
    })
  })
})

describe('an answer without end', () => {
  it('is given up at the limit, and its connection closed', async () => {
    let sent = 0
    await using server = await startRawServer((socket) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const send = () => {
        while (sent < 104_857_600 && socket.write(chunk)) sent += chunk.length
      }
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n', send))
      socket.on('drain', send)
    })
    await using fetcher = fetcherOf(server, { answerLimitBytes: 1_000_000 })
    await expect(fetcher.fetch('{}', options())).rejects.toMatchObject({
      reason: 'bad-answer',
      message: 'The answer of shop is too large.',
    })
    while (server.sockets.size > 0) await sleep(1)
    expect(sent).toBeLessThan(50_000_000)
  })
})

describe('large answers', () => {
  it('are not held by the connections that brought them', async () => {
    const large = Buffer.alloc(4_000_000, 'x')
    await using server = await startHttpServer((_, response) => response.end(large))
    await using fetcher = fetcherOf(server, { answerLimitBytes: large.length })
    const before = await settledMemory()
    await Promise.all([1, 2, 3, 4].map(() => fetcher.fetch('{}', options())))
    expect((await settledMemory()).arrayBuffers - before.arrayBuffers).toBeLessThan(8_000_000)
    expect(server.sockets.size).toBe(4)
    // Collecting all garbage takes seconds in a process in which many suites have run.
  }, 60_000)
})

describe('thousands of fetches', () => {
  it('leave no timer, no listener and no memory behind', async () => {
    const answer = JSON.stringify({
      data: { list: Array.from({ length: 300 }, (_, id) => ({ id, name: `thing ${id}` })) },
    })
    await using server = await startHttpServer((_, response) => response.end(answer))
    await using fetcher = fetcherOf(server, { connections: 16, timeoutMs: 10_000, shareAcrossRequests: true })
    const { signal } = new AbortController()
    async function fetchMany(count: number): Promise<void> {
      let left = count
      const worker = async (name: number) => {
        while (left-- > 0) {
          const own = new AbortController()
          const fetching = fetcher.fetch('{}', options({ signal: own.signal, shareKey: `${name}` }))
          const common = fetcher.fetch('{}', options({ signal, shareKey: `of all ${left}` }))
          // Some clients go away.
          if (left % 50 === 0) own.abort()
          await Promise.allSettled([fetching, common])
        }
      }
      await Promise.all(Array.from({ length: 16 }, (_, name) => worker(name)))
    }
    const timersBefore = timers()
    await fetchMany(400)
    const before = await settledMemory()
    await fetchMany(2000)
    const after = await settledMemory()
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(2_000_000)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    expect(server.sockets.size).toBeLessThanOrEqual(16)
    while (timers() > timersBefore) await sleep(10)
  }, 60_000)

  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
})

/** What is in use when all that is garbage has gone. */
async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc')
  for (let round = 0; round < 3; round++) {
    await sleep(20)
    runInNewContext('gc()')
  }
  return process.memoryUsage()
}
