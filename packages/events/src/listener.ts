import { Socket } from 'node:net'
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
  /** Pause between two questions whether the connection still works, in milliseconds. Default 5,000. */
  checkEveryMs?: number
  /** Longest wait for an answer, in milliseconds. Default 5,000. */
  answerWithinMs?: number
}

const RECONNECT_MS = 500

/**
 * Rings for each notification of a channel of PostgreSQL, by a connection of its own. A connection that breaks, or on
 * which nothing answers any more, is made anew, which rings too, since notifications may have been missed.
 */
export function startListening(options: ListenerOptions): AsyncDisposable {
  const { url, channel, wake, log, checkEveryMs = 5000, answerWithinMs = 5000 } = options
  const stop = new AbortController()

  async function listenOnce() {
    const socket = new Socket()
    const ended = signalOfClose(socket)
    const client = new Client({
      connectionString: url,
      application_name: 'portico-listens',
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      stream: () => socket,
    })
    // Nobody says goodbye to a server that may not answer.
    const breakOff = () => void socket.destroy()
    stop.signal.addEventListener('abort', breakOff)
    client.on('error', (err) => {
      if (!stop.signal.aborted) log.warn({ err }, 'database connection lost')
    })
    client.on('notification', () => wake.ring())
    try {
      await client.connect()
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      wake.ring()
      while (!ended.aborted) {
        await sleep(checkEveryMs, undefined, { signal: ended }).catch(() => undefined)
        if (!ended.aborted) await client.query('SELECT 1')
      }
    } finally {
      stop.signal.removeEventListener('abort', breakOff)
      breakOff()
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
      await listening
    },
  }
}

function signalOfClose(socket: Socket): AbortSignal {
  const controller = new AbortController()
  socket.once('close', () => controller.abort())
  return controller.signal
}
