import net from 'node:net'
import tls from 'node:tls'
import { Connection, type Exchange, type LostExchange, type ReadInto } from './connection.ts'

/** So many exchanges wait for a connection that one more was not accepted. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
}

/** The pool is closed. */
export class PoolClosedError extends Error {
  override readonly name = 'PoolClosedError'
}

export interface ConnectionPool extends AsyncDisposable {
  /**
   * Sends an exchange on an idle connection, on a new one, or once one is free; it hears how that ended, even before
   * this returns.
   */
  send(exchange: Exchange): void
  /** Nobody waits for it any more: it hears nothing, and the connection that carries it is closed. */
  cancel(exchange: Exchange): void
}

export interface ConnectionPoolOptions {
  url: URL
  /** Most that are open at once. */
  connections: number
  /** Most exchanges that wait for one. */
  queue: number
  answerLimitBytes: number
}

/** Below the five seconds after which many servers close; those that say how long they keep one are believed. */
const KEEP_IDLE_MS = 4000
const LONGEST_KEEP_IDLE_MS = 60_000
/** How much sooner than the server says, at most; of short times, half. */
const KEEP_IDLE_MARGIN_MS = 1000
const READ_BYTES = 65_536

/**
 * Keep-alive connections to one server. The one that was used last is used first, so that those that are not needed
 * close. What was sent on a connection that the server was just closing is sent again on a new one, once, if that does
 * no harm.
 */
export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { url, connections, queue: queueSize, answerLimitBytes } = options
  const connect = createConnector(url)
  const memory = Buffer.allocUnsafeSlow(READ_BYTES)
  const open = new Set<Connection>()
  const idle: Connection[] = []
  const queue = new Set<Exchange>()
  let sweep: NodeJS.Timeout | undefined
  const closing = Promise.withResolvers<void>()
  let isClosing = false

  const owner = { free, closed }

  function sendOnNew(exchange: Exchange): void {
    const connection = new Connection({ connect, memory, answerLimitBytes, owner })
    open.add(connection)
    connection.send(exchange)
  }

  function send(exchange: Exchange): void {
    if (isClosing) exchange.failed(new PoolClosedError('The pool is closed.'))
    else sendOrQueue(exchange)
  }

  function sendOrQueue(exchange: Exchange): void {
    const connection = takeIdle()
    if (connection) connection.send(exchange)
    else if (open.size < connections) sendOnNew(exchange)
    else if (queue.size < queueSize) queue.add(exchange)
    else exchange.failed(new QueueFullError(`${queue.size} requests wait for ${connections} connections.`))
  }

  function takeIdle(): Connection | undefined {
    const now = idle.length === 0 ? 0 : performance.now()
    for (;;) {
      const connection = idle.pop()
      if (!connection || connection.idleUntil > now) return connection
      connection.close(undefined)
    }
  }

  function takeQueued(): Exchange | undefined {
    for (const exchange of queue) {
      queue.delete(exchange)
      return exchange
    }
    return undefined
  }

  function free(connection: Connection): void {
    const next = takeQueued()
    if (next) {
      connection.send(next)
      return
    }
    const keepMs = keepIdleMs(connection.keepAliveMs)
    if (isClosing || keepMs <= 0) {
      connection.close(undefined)
      return
    }
    connection.idleUntil = performance.now() + keepMs
    idle.push(connection)
    sweep ??= setTimeout(closeUnused, KEEP_IDLE_MS).unref()
  }

  function closeUnused(): void {
    const now = performance.now()
    for (const connection of idle.filter(({ idleUntil }) => idleUntil <= now)) connection.close(undefined)
    sweep = idle.length > 0 ? setTimeout(closeUnused, KEEP_IDLE_MS).unref() : undefined
  }

  function closed(connection: Connection, lost: LostExchange | undefined): void {
    open.delete(connection)
    const index = idle.indexOf(connection)
    if (index >= 0) idle.splice(index, 1)
    if (lost) retryOrFail(lost)
    if (open.size < connections) {
      const next = takeQueued()
      if (next) sendOnNew(next)
    }
    if (isClosing && open.size === 0) closing.resolve()
  }

  function retryOrFail({ exchange, error, sent, stale }: LostExchange): void {
    if (!sent) sendOrQueue(exchange)
    else if (stale && exchange.repeatable && exchange.losses++ === 0) sendOnNew(exchange)
    else exchange.failed(error)
  }

  return {
    send,
    cancel(exchange) {
      if (!queue.delete(exchange)) exchange.connection?.close(undefined)
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      clearTimeout(sweep)
      for (let connection = idle.pop(); connection; connection = idle.pop()) connection.close(undefined)
      if (open.size > 0) await closing.promise
    },
  }
}

/** For how long a connection may be idle which the server says that it keeps for so long. */
function keepIdleMs(keepAliveMs: number | undefined): number {
  if (keepAliveMs === undefined) return KEEP_IDLE_MS
  return Math.min(keepAliveMs - Math.min(KEEP_IDLE_MARGIN_MS, keepAliveMs / 2), LONGEST_KEEP_IDLE_MS)
}

/** Opens connections over TCP or TLS. Of TLS a session is taken up again where the server lets us. */
function createConnector(url: URL): (onread: ReadInto) => net.Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = { host, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
  if (url.protocol !== 'https:') {
    return (onread) => net.connect({ ...socket, port: Number(url.port || 80), onread })
  }
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  let session: Buffer | undefined
  return (onread) => {
    const options = {
      ...socket,
      ...servername,
      port: Number(url.port || 443),
      ALPNProtocols: ['http/1.1'],
      ...(session ? { session } : {}),
      // Of sockets, whose options those of TLS are as well; only their types do not say so.
      onread,
    }
    return tls.connect(options).on('session', (latest) => (session = latest))
  }
}
