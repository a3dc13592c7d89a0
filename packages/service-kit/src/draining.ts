import type { Server } from 'node:http'
import { Server as TcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Health } from './health.ts'
import { listen, type ListenOptions } from './http-server.ts'

/** How a server opens, and what it takes to close it. */
export interface DrainOptions {
  app: FastifyInstance
  address: ListenOptions
  health: Health
  /** Time for balancers to notice that nothing more is to be sent here, if there are any. */
  drainDelayMs: number
  /** Accepts no more connections, and resolves when the running requests have ended. */
  close: () => Promise<void>
  /** Undefined: nobody else listens at this address. */
  sharing?: PortSharing | undefined
}

/** Of a port at which several processes listen. */
export interface PortSharing {
  /** Resolves when this process may listen. */
  mayListen: () => Promise<void>
  /** Whether, when this process stops, others go on answering at the address. */
  isHandedOver: () => boolean
}

/** An idle connection is given that long to send another request, whose answer then tells the client to leave. */
const IDLE_MS = 5000

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4001`. */
  address: URL
}

/**
 * Opens the port, as the last step of a start. Disposing it is the first step of the stop: readiness ends, there is a
 * pause for balancers to notice, unless nobody has asked for readiness recently, and only then no new connections are
 * accepted and running requests end. Of a port that is handed over balancers have nothing to notice: no new connections
 * are accepted at once, readiness stays, and each connection is told to close with its next answer.
 *
 * @throws ListenError when the port can't be opened; `close` has been called then, as when it may not listen after all.
 */
export async function listenUntilDrained(options: DrainOptions): Promise<Listening> {
  const { app, health, drainDelayMs, close, sharing } = options
  await using stack = new AsyncDisposableStack()
  stack.defer(close)
  await sharing?.mayListen()
  const address = await listen(app, { ...options.address, shared: sharing !== undefined })
  stack.defer(async () => {
    if (sharing?.isHandedOver()) return leaveToOthers(app.server)
    health.drain()
    if (health.polls.areRecent()) await sleep(drainDelayMs)
    else if (drainDelayMs > 0) app.log.info({ drainDelayMs }, 'nobody polls readiness, so that nobody is waited for')
  })
  const listening = stack.move()
  return { address, [Symbol.asyncDispose]: () => listening.disposeAsync() }
}

/** Resolves when the last connection has ended. */
async function leaveToOthers(server: Server): Promise<void> {
  // Not what HTTP servers have in its place: it cuts idle connections, on which a request may be on its way.
  const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()))
  const cut = setTimeout(() => server.closeIdleConnections(), IDLE_MS)
  await closed
  clearTimeout(cut)
}
