import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { createSubgraphFetcher } from '../src/subgraph/fetcher.ts'
import { startRawServer } from './raw-server.ts'

const BODY = '{"data":{"a":1}}'
const OK = `HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** Fetches once for each answer, which is sent in these pieces, one packet each; gives the texts or reasons. */
async function fetchFrom(
  answers: readonly (readonly string[])[],
  { close = false, answerLimitBytes = 1000 }: { close?: boolean; answerLimitBytes?: number } = {},
) {
  const left = [...answers]
  await using server = await startRawServer((socket) => {
    socket.setNoDelay()
    socket.on('data', () => void answer(socket, left.shift() ?? []))
  })
  async function answer(socket: Socket, pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      socket.write(piece, 'latin1')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    if (close) socket.end()
  }
  await using fetcher = createSubgraphFetcher({
    name: 'shop',
    url: server.url,
    timeoutMs: 500,
    connections: 4,
    queue: 10,
    compression: false,
    answerLimitBytes,
  })
  const results: unknown[] = []
  for (const _ of answers) {
    const signal = new AbortController().signal
    const result = await fetcher.fetch('{}', { headers: '', signal, deadline: Infinity, shareKey: undefined }).then(
      (fetched) => [fetched.status, 'text' in fetched && fetched.text],
      ({ reason, cause }: { reason: string; cause?: Error }) => [reason, cause?.message],
    )
    results.push(result)
  }
  return { results, connections: server.connections() }
}

const NO_NAME = 'A header does not begin with a name.'
const BARE = 'A line of the head ends in CR or LF alone.'

const bytes = (text: string) => text.split('')

describe('answers over HTTP/1.1', () => {
  it.each<[string, string[], string]>([
    ['in one piece', [OK], BODY],
    ['byte by byte', bytes(OK), BODY],
    ['with its head cut in the middle', [OK.slice(0, 20), OK.slice(20)], BODY],
    [
      'after interim answers',
      [`HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`],
      BODY,
    ],
    [
      'in chunks',
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n6;a=b\r\n{"data\r\na\r\n":{"a":1}}\r\n0\r\n\r\n'],
      BODY,
    ],
    [
      'in chunks byte by byte, with trailers',
      bytes(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n06\r\n{"data\r\nA\r\n":{"a":1}}\r\n0\r\nx: y\r\n\r\n',
      ),
      BODY,
    ],
    ['with the same length twice', [`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length:2\r\n\r\n{}`], '{}'],
    ['that is empty', ['HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n'], ''],
    ['with tabs around its length', ['HTTP/1.1 200 OK\r\ncontent-length:\t 2 \t\r\n\r\n{}'], '{}'],
    [
      'that may be followed by one for a second',
      [`HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\n{}`],
      '{}',
    ],
    ['whose header has an empty value', [`HTTP/1.1 200 OK\r\nx:\r\ncontent-length: 2\r\n\r\n{}`], '{}'],
  ])('are read %s, and the connection is kept', async (_, pieces, text) => {
    const { results, connections } = await fetchFrom([pieces, pieces, [OK]])
    expect(results).toEqual([
      [200, text],
      [200, text],
      [200, BODY],
    ])
    expect(connections).toBe(1)
  })

  it.each<[string, string[], number, string]>([
    ['says so', [`HTTP/1.1 200 OK\r\nConnection: x, Close\r\ncontent-length: 2\r\n\r\n{}`], 200, '{}'],
    ['speaks HTTP/1.0', [`HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}`], 200, '{}'],
    [
      'sends chunks in HTTP/1.0',
      ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
      200,
      '{}',
    ],
    ['would close it at once', [`HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\n{}`], 200, '{}'],
    ['sends more than one answer', [OK + OK], 200, BODY],
    ['sends a body where there is none', ['HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}'], 204, ''],
  ])('are read, and the connection is not used again, when the server %s', async (_, pieces, status, text) => {
    const { results, connections } = await fetchFrom([pieces, pieces])
    expect(results).toEqual([
      [status, text],
      [status, text],
    ])
    expect(connections).toBe(2)
  })

  it('are read to the end of the connection when they have no length', async () => {
    const { results } = await fetchFrom([['HTTP/1.1 200 OK\r\n\r\n{"data":', '{}}']], { close: true })
    expect(results).toEqual([[200, '{"data":{}}']])
  })

  it.each<[string, string[], string]>([
    ['no HTTP', ['SSH-2.0-OpenSSH_9.6\r\n\r\n'], 'There is no status line.'],
    ['HTTP/2', ['HTTP/2 200\r\n\r\n'], 'There is no status line.'],
    ['an odd status', ['HTTP/1.1 2000 OK\r\n\r\n'], 'There is no status line.'],
    ['another protocol', ['HTTP/1.1 101 Switching Protocols\r\n\r\n'], 'It switched to another protocol.'],
    ['a header without a name', ['HTTP/1.1 200 OK\r\n: x\r\n\r\n'], NO_NAME],
    ['a line that is no header', ['HTTP/1.1 200 OK\r\nx\r\ny: z\r\n\r\n'], NO_NAME],
    ['a space before the colon', ['HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\n'], NO_NAME],
    ['a folded line', ['HTTP/1.1 200 OK\r\nx: y\r\n z: a\r\n\r\n'], NO_NAME],
    ['a name that is no token', ['HTTP/1.1 200 OK\r\nTransfer-Encoding\x7f: chunked\r\n\r\n'], NO_NAME],
    ['a line that ends in LF alone', ['HTTP/1.1 200 OK\r\nx: y\ncontent-length: 2\r\n\r\n{}'], BARE],
    ['a line that ends in CR alone', ['HTTP/1.1 200 OK\r\nx: y\rcontent-length: 2\r\n\r\n{}'], BARE],
    ['a status line that ends in LF alone', ['HTTP/1.1 200 OK\nx: y\r\n\r\n{}'], BARE],
    ['a last line that ends in CR twice', ['HTTP/1.1 200 OK\r\nx: y\r\r\n\r\n{}'], BARE],
    ['a NUL', ['HTTP/1.1 200 OK\r\nx: y\0\r\n\r\n'], 'There is a NUL in the head.'],
    [
      'lengths that differ',
      ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
      'There are lengths that differ.',
    ],
    ['a length after a vertical tab', ['HTTP/1.1 200 OK\r\ncontent-length: \v2\r\n\r\n{}'], 'The length is no number.'],
    [
      'a length before a no-break space',
      ['HTTP/1.1 200 OK\r\ncontent-length: 2\xa0\r\n\r\n{}'],
      'The length is no number.',
    ],
    [
      'chunks after a form feed',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: \fchunked\r\n\r\n'],
      'The transfer coding is \fchunked.',
    ],
    [
      'a trailer that is no header',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx\r\n\r\n'],
      'A trailer is no header.',
    ],
    [
      'a trailer with a CR',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: \ry\r\n\r\n'],
      'A trailer is no header.',
    ],
    ['a length that is no number', ['HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\n{}'], 'The length is no number.'],
    ['a length that is a list', ['HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}'], 'The length is no number.'],
    [
      'a length and chunks',
      ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
      'There are chunks and a length.',
    ],
    [
      'an unknown transfer coding',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
      'The transfer coding is gzip, chunked.',
    ],
    [
      'a chunk without a size',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n'],
      'A chunk has no size.',
    ],
    [
      'a chunk that is longer than it says',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n'],
      'A chunk is longer than its size.',
    ],
    [
      'lines of chunks without CR',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n'],
      'A line between chunks ends without CR.',
    ],
    [
      'a head without end',
      ['HTTP/1.1 200 OK\r\n', ...Array<string>(20).fill(`x: ${'y'.repeat(1000)}\r\n`)],
      'The head is too large.',
    ],
    [
      'chunk extensions without end',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;', 'x'.repeat(2000)],
      'A line between chunks is too long.',
    ],
  ])('are none when they are %s', async (_, pieces, cause) => {
    const { results } = await fetchFrom([pieces, [OK]])
    expect(results).toEqual([
      ['unreachable', cause],
      [200, BODY],
    ])
  })

  it.each<[string, string[]]>([
    ['before it begins', []],
    ['in the head', ['HTTP/1.1 200 OK\r\ncontent-le']],
    ['in the body', ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"data"']],
    ['in a chunk', ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"data"']],
    ['before the last chunk', ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n']],
  ])('are none when the connection closes %s', async (_, pieces) => {
    const { results } = await fetchFrom([pieces], { close: true })
    expect(results).toEqual([['unreachable', 'The connection was closed before the answer was complete.']])
  })

  it('are too large as soon as their length says so, or as they are', async () => {
    const long = 'x'.repeat(900)
    const { results } = await fetchFrom([
      ['HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n'],
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n'],
      [`HTTP/1.1 200 OK\r\n\r\n${long}`, long],
      [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n384\r\n${long}\r\n384\r\n`, long],
      [OK],
    ])
    expect(results).toEqual([
      ['bad-answer', 'It has 104857600 bytes.'],
      ['bad-answer', 'It has over 1000 bytes.'],
      ['bad-answer', 'It has over 1000 bytes.'],
      ['bad-answer', 'It has over 1000 bytes.'],
      [200, BODY],
    ])
  })

  it('are put together from as many reads as they take', async () => {
    const size = 3_000_000
    const pieces = Array<string>(30).fill('y'.repeat(size / 30))
    const sized = [`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`, ...pieces]
    const chunked = [
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      ...pieces.map((piece) => `186a0\r\n${piece}\r\n`),
      '0\r\n\r\n',
    ]
    const { results, connections } = await fetchFrom([sized, chunked], { answerLimitBytes: size })
    const whole = 'y'.repeat(size)
    expect(results.map((result) => Array.isArray(result) && result[1] === whole)).toEqual([true, true])
    expect(connections).toBe(1)
  })

  it('that come without having been asked for close the connection', async () => {
    await using server = await startRawServer((socket) => {
      socket.once('data', () => socket.write(OK))
    })
    await using fetcher = createSubgraphFetcher({
      name: 'shop',
      url: server.url,
      timeoutMs: 500,
      connections: 1,
      queue: 10,
      compression: false,
      answerLimitBytes: 1000,
    })
    const options = { headers: '', signal: new AbortController().signal, deadline: Infinity, shareKey: undefined }
    await fetcher.fetch('{}', options)
    const [idle] = server.sockets
    if (!idle) throw new Error('No connection was kept.')
    idle.write(OK.replace('1', '2'))
    await once(idle, 'close')
    await nextTurn()
    expect(await fetcher.fetch('{}', options)).toMatchObject({ text: BODY })
    expect(server.connections()).toBe(2)
  })
})
