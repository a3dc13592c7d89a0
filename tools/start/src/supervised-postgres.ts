import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedPostgres, type EmbeddedPostgres, type StartedPostgres } from '@portico/database/embedded-postgres'
import type { Logger } from '@portico/service-kit/logger'

const PAUSE_MS = 1000

/** The embedded server, started again should it die; on the same port, since the services know no other. */
export async function supervisePostgres(
  { folder, port }: { folder: string; port: number },
  log: Logger,
): Promise<EmbeddedPostgres> {
  const options = { folder, log: (message: string) => log.info(message) }
  const stop = new AbortController()
  const first = await startEmbeddedPostgres({ ...options, port })
  let server: StartedPostgres = first

  async function keepRunning() {
    for (;;) {
      const exit = await server.exited
      if (exit.expected || stop.signal.aborted) return
      log.warn({ messages: exit.messages }, 'PostgreSQL ended; starting it again')
      await startAgain()
    }
  }

  async function startAgain() {
    while (!stop.signal.aborted) {
      try {
        server = await startEmbeddedPostgres({ ...options, port: first.port })
        return
      } catch (err) {
        log.error({ err }, 'PostgreSQL can not be started; trying again')
        await sleep(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => undefined)
      }
    }
  }
  const running = keepRunning()

  return {
    ...first,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await server[Symbol.asyncDispose]()
      await running
      // One that was being started meanwhile is another.
      await server[Symbol.asyncDispose]()
    },
  }
}
