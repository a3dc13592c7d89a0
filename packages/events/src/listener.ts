import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@portico/service-kit/logger'
import { Client } from 'pg'
import type { Wake } from './wake.ts'

export interface ListenerOptions {
  /** A PostgreSQL connection string. */
  url: string
  channel: string
  wake: Wake
  log: Logger
}

const RECONNECT_MS = 500

/**
 * Rings for each notification of a channel of PostgreSQL, by a connection of its own. A connection that breaks is made
 * anew, which rings too, since notifications may have been missed.
 */
export function startListening({ url, channel, wake, log }: ListenerOptions): AsyncDisposable {
  const stop = new AbortController()
  let open: Client | undefined

  async function listenOnce() {
    const client = new Client({ connectionString: url, application_name: 'portico-listens', keepAlive: true })
    open = client
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
    client.on('error', (err) => log.warn({ err }, 'database connection lost'))
    client.on('notification', () => wake.ring())
    try {
      await client.connect()
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      wake.ring()
      if (!stop.signal.aborted) await ended
    } finally {
      await client.end()
    }
  }

  async function listen() {
    while (!stop.signal.aborted) {
      await listenOnce().catch((err: unknown) => {
        if (!stop.signal.aborted) log.warn({ err, channel }, 'cannot listen for notifications')
      })
      await sleep(RECONNECT_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  const listening = listen()

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await open?.end().catch(() => undefined)
      await listening
    },
  }
}
