import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/** Stands between a process and a server, and breaks what is between them. */
export interface TcpProxy extends AsyncDisposable {
  port: number
  /** Resets every connection at both ends. */
  cut: () => void
  /** Lets nothing through any more, with every connection open: what a lost network looks like. */
  stall: () => void
  /** Lets everything through that was held back. */
  resume: () => void
}

/** Starts a proxy to a port of this machine, on a free one. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let stalled = false

  const server = createServer({ noDelay: true }, (inner) => {
    const outer = createConnection({ host: '127.0.0.1', port: targetPort, noDelay: true })
    const pair = [inner, outer] as const
    pairs.add(pair)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause()
      })
      to.on('drain', () => {
        if (!stalled) from.resume()
      })
      from.on('error', () => reset(pair))
      from.on('end', () => to.end())
      from.on('close', () => reset(pair))
      if (stalled) from.pause()
    }
  })

  function reset(pair: readonly [Socket, Socket]) {
    pairs.delete(pair)
    for (const socket of pair) {
      // Node never closes a socket that is reset while it is being shut down, and does not exit before it is closed.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  function cut() {
    for (const pair of pairs) reset(pair)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    port: address.port,
    cut,
    stall() {
      stalled = true
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    resume() {
      stalled = false
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      server.close()
      cut()
    },
  }
}
