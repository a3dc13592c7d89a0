import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect } from '@jest/globals'
import { answerOf, type Probe, type Target } from './target.ts'

const BODY = JSON.stringify({ query: '{ hello }' })

/** Writes bytes with CRLF for each line end, and takes what comes back until the gateway closes. */
const raw =
  (...lines: string[]): Probe['attack'] =>
  async (target) =>
    answerOf(await target.raw(lines.join('\r\n')))

const countOf = (answer: string) => answer.split('HTTP/1.1 ').length - 1

const POST = ['POST /graphql HTTP/1.1', 'Host: gateway', 'Content-Type: application/json']

const method = (name: string): Probe['attack'] => {
  return (target) => target.send({ method: name, headers: { authorization: 'Bearer secret', 'x-secret': 'echoed' } })
}

const notAllowed: Pick<Probe, 'status' | 'code' | 'check'> = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  check: ({ headers }) => expect(headers['allow']).toBe('GET, POST'),
}

const path = (asked: string): Probe['attack'] => {
  return (target) => target.send({ method: 'GET', path: asked })
}

/** Says nothing but that there is nothing, also not what was asked for. */
const nothingThere: Pick<Probe, 'status' | 'check'> = {
  status: 404,
  check: ({ text: body, json }) => {
    expect(body.length).toBeLessThan(200)
    expect(json?.error ?? json?.errors?.[0]?.message).toBe('Not found.')
  },
}

/** Methods, paths and headers that do not belong here. */
export const HEADS: Probe[] = [
  { name: 'PUT', attack: method('PUT'), ...notAllowed },
  { name: 'DELETE', attack: method('DELETE'), ...notAllowed },
  { name: 'TRACE, to have headers echoed', attack: method('TRACE'), ...notAllowed, never: /echoed|secret/ },
  { name: 'a method that HTTP knows and GraphQL does not', attack: method('PROPFIND'), status: [404, 405] },
  { name: 'the path above the root', attack: path('/graphql/../../../etc/passwd'), ...nothingThere },
  {
    name: 'the path above the explorer, encoded twice',
    attack: path('/graphiql/..%252f..%2fetc%2fpasswd'),
    ...nothingThere,
  },
  { name: 'a path that can not be decoded', attack: path('/graphql/%zz'), status: 400 },
  { name: 'pages that are for development', attack: path('/graphiql'), ...nothingThere },
  { name: 'pages that are for operators', attack: path('/metrics'), ...nothingThere },
  { name: 'what a gateway tells of its subgraphs', attack: path('/health/subgraphs'), ...nothingThere },
  {
    name: 'the name of another host',
    attack: (target) =>
      target.post({ query: '{ hello }' }, { host: 'evil.example', 'x-forwarded-host': 'evil.example' }),
    status: 200,
    asked: 1,
    never: /evil/,
  },
  {
    name: 'a name that is no host',
    attack: (target) => target.post({ query: '{ hello }' }, { host: 'a b:c/../@[' }),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    name: 'the address of another host, to be asked for it',
    attack: raw('GET http://evil.example/graphql HTTP/1.1', 'Host: evil.example', 'Connection: close', '', ''),
    status: 400,
    code: 'BAD_REQUEST',
    never: /evil/,
  },
  { name: 'a tunnel', attack: raw('CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example', '', ''), status: 0 },
  {
    name: 'a request id that would write log lines and headers of its own',
    attack: (target) => target.post({ query: '{ hello }' }, { 'x-request-id': 'abcdefgh"}{"level":"fatal' }),
    status: 200,
    asked: 1,
    check: ({ headers }) => expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/),
  },
  {
    name: 'a header with a bare line feed',
    attack: raw('GET /graphql HTTP/1.1', 'Host: gateway', 'X-Request-Id: abcdefgh\nSet-Cookie: a=b', '', ''),
    status: 400,
    never: /set-cookie/i,
  },
  {
    name: 'twenty kilobytes of headers',
    attack: raw('GET /graphql HTTP/1.1', 'Host: gateway', `X-Long: ${'x'.repeat(20_000)}`, '', ''),
    status: 431,
  },
  {
    name: 'an address of twenty kilobytes',
    attack: raw(`GET /graphql?query=${'x'.repeat(20_000)} HTTP/1.1`, 'Host: gateway', '', ''),
    status: [414, 431],
  },
]

/** Connections that do not behave. */
export const CONNECTIONS: Probe[] = [
  {
    name: 'a second request smuggled behind two lengths',
    attack: raw(
      ...POST,
      'Content-Length: 6',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      'GET /metrics HTTP/1.1',
      'Host: gateway',
      '',
      '',
    ),
    status: 400,
    check: ({ text: all }) => expect(countOf(all)).toBe(1),
  },
  {
    name: 'a second request smuggled between two lengths that differ',
    attack: raw(...POST, 'Content-Length: 5', `Content-Length: ${BODY.length}`, '', BODY),
    status: 400,
    check: ({ text: all }) => expect(countOf(all)).toBe(1),
  },
  {
    name: 'a transfer encoding that others may not understand',
    attack: raw(...POST, 'Transfer-Encoding: xchunked', '', '0', '', ''),
    status: 400,
    check: ({ text: all }) => expect(countOf(all)).toBe(1),
  },
  {
    name: 'a chunk whose size is no number',
    attack: raw(...POST, 'Transfer-Encoding: chunked', '', '-1', BODY, '0', '', ''),
    status: 400,
  },
  {
    name: 'a body that is longer than its length, as the next request',
    attack: raw(...POST, `Content-Length: ${BODY.length}`, '', `${BODY}${BODY}`),
    status: [200, 400],
    asked: [0, 1],
    check: ({ text: all }) => expect(all.split('HTTP/1.1 ').at(-1)).toMatch(/^400 /),
  },
  {
    name: 'a body that is shorter than its length, and the end',
    attack: async (target) => {
      const socket = target.dial()
      socket.end([...POST, `Content-Length: ${BODY.length + 1}`, '', BODY].join('\r\n'))
      return answerOf(await text(socket))
    },
    status: [0, 400],
  },
  {
    name: 'requests in a row without waiting, one of them broken',
    attack: async (target) => {
      const good = [...POST, `Content-Length: ${BODY.length}`, '', BODY].join('\r\n')
      return answerOf(await target.raw(`${good}${good}NONSENSE\r\n\r\n${good}`))
    },
    status: [200, 400],
    asked: [0, 1, 2],
    check: ({ text: all }) => expect(all.split('HTTP/1.1 ').at(-1)).toMatch(/^400 /),
  },
  { name: 'HTTP/2 without having agreed on it', attack: raw('PRI * HTTP/2.0', '', 'SM', '', ''), status: [400, 505] },
  {
    name: 'bytes that are no HTTP',
    attack: async (target) => answerOf(await target.raw('\x16\x03\x01\x02\x00\x01')),
    status: 400,
  },
  {
    name: 'an upgrade to a WebSocket, to hold a connection',
    attack: raw(
      'GET /graphql HTTP/1.1',
      'Host: gateway',
      'Connection: close, Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ),
    status: 400,
  },
  {
    name: 'headers that never end',
    attack: raw('GET /graphql HTTP/1.1', 'Host: gateway', 'X-'),
    status: 408,
  },
  { name: 'a body that never ends', attack: raw(...POST, 'Content-Length: 100', '', '{"query":'), status: 408 },
  {
    name: 'two hundred connections that hold still',
    attack: holdStill,
    status: 200,
    asked: 1,
    data: { hello: 'hello' },
  },
]

/** Opens connections, half of them in the middle of a request, and asks beside them. */
async function holdStill(target: Target) {
  const sockets = Array.from({ length: 200 }, (_, n) => {
    const socket = target.dial()
    // The gateway ends them before the test does.
    socket.on('error', () => undefined)
    if (n % 2 === 0) socket.write('POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Le')
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const answer = await target.post({ query: '{ hello }' })
  for (const socket of sockets) socket.destroy()
  return answer
}
