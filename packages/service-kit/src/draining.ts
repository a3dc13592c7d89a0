import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Health } from './health.ts'
import { listen, type ListenOptions } from './http-server.ts'

/** How a server opens, and what it takes to close it. */
export interface DrainOptions {
  app: FastifyInstance
  address: ListenOptions
  health: Health
  /** Time for balancers to notice that nothing more is to be sent here. */
  drainDelayMs: number
  /** Accepts no more connections, and resolves when the running requests have ended. */
  close: () => Promise<void>
}

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4001`. */
  address: URL
}

/**
 * Opens the port, as the last step of a start. Disposing it is the first step of the stop: readiness ends, there is a
 * pause for balancers to notice, and only then no new connections are accepted and running requests end.
 *
 * @throws ListenError when the port can't be opened; `close` has been called then.
 */
export async function listenUntilDrained(options: DrainOptions): Promise<Listening> {
  const { app, health, drainDelayMs, close } = options
  await using stack = new AsyncDisposableStack()
  stack.defer(close)
  const address = await listen(app, options.address)
  stack.defer(async () => {
    health.drain()
    await sleep(drainDelayMs)
  })
  const listening = stack.move()
  return { address, [Symbol.asyncDispose]: () => listening.disposeAsync() }
}
