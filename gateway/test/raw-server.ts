import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A server on a port of its own; disposing it closes all of its connections. */
export interface TestServer extends AsyncDisposable {
  /** Of a GraphQL endpoint. */
  url: URL
  /** Connections that are open. */
  sockets: ReadonlySet<Socket>
  /** How many were opened, all in all. */
  connections: () => number
}

/** Starts a server that speaks HTTP. */
export function startHttpServer(answer: RequestListener, options: ServerOptions = {}): Promise<TestServer> {
  return listen(createServer({ keepAliveTimeout: 60_000, ...options }, answer))
}

/** Starts one that speaks HTTP over TLS, as `localhost`. */
export async function startHttpsServer(
  answer: RequestListener,
  certificate: { cert: string; key: string },
): Promise<TestServer> {
  const server = await listen(createSecureServer({ keepAliveTimeout: 60_000, ...certificate }, answer))
  return { ...server, url: new URL(`https://localhost:${server.url.port}/graphql`) }
}

/** Starts one that does as it likes with its connections. */
export function startRawServer(serve: (socket: Socket) => void): Promise<TestServer> {
  return listen(createSocketServer(serve))
}

async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    // Clients that go away are what these tests are about.
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/graphql`),
    sockets,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
