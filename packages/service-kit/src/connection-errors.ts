import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { requestIdOf } from './request-id.ts'

/** What arrived was no whole HTTP request, and how it was answered. */
export interface ConnectionRefusal {
  status: number
  code: string
  message: string
  requestId: string
  /** Its request, when at least the headers were whole. */
  request: IncomingMessage | undefined
}

/** An error that Node's HTTP server has with what a connection sends. */
type ConnectionError = Error & { code?: string }

const refusals = new WeakMap<ConnectionError, ConnectionRefusal>()
const latest = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()

/** Keeps which request of each connection is the latest; needed for {@link refusalOf}. */
export function followConnections(server: Server): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    latest.set(request.socket, { request, response })
  })
}

/**
 * What to answer to a connection whose bytes can't be read as HTTP, or do not come in time; the same each time it is
 * asked for. Undefined when the client is gone, or has a part of another answer already.
 */
export function refusalOf(error: ConnectionError, socket: Socket): ConnectionRefusal | undefined {
  const running = latest.get(socket)
  const isRunning = running !== undefined && !running.response.writableFinished
  if (!socket.writable || error.code === 'ECONNRESET' || (isRunning && running.response.headersSent)) return undefined
  const request = isRunning ? running.request : undefined
  const known = refusals.get(error) ?? {
    ...reasonOf(error),
    requestId: (request && requestIdOf(request)) ?? randomUUID(),
    request,
  }
  refusals.set(error, known)
  return known
}

function reasonOf({ code }: ConnectionError): Pick<ConnectionRefusal, 'status' | 'code' | 'message'> {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, code: 'RECEIVE_TIMEOUT', message: 'The request took too long to arrive.' }
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, code: 'HEADERS_TOO_LARGE', message: 'The address and headers are larger than 16 KiB.' }
  }
  return { status: 400, code: 'BAD_REQUEST', message: 'This is no HTTP request.' }
}

/** Writes the whole answer, and ends the connection: what else it sends can't be read any more. */
export function answerConnection(
  socket: Socket,
  { status, headers, body }: { status: number; headers: Readonly<Record<string, string>>; body: string },
): void {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`, () => socket.destroy())
}
