import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@portico/service-kit/logger'
import { Connection } from 'rabbitmq-client'
import { reasonOf } from './reason.ts'

/** A connection to RabbitMQ that comes back by itself. */
export interface RabbitMqConnection {
  connection: Connection
  /**
   * @throws Error that says why nothing can be sent over it now.
   */
  requireReady: () => void
  /**
   * @throws Error that says why the broker takes no messages now.
   */
  requireUnblocked: () => void
  /** Lets what goes over it end, and then itself. What can't end in time is broken off. */
  close: (ending: Promise<unknown>) => Promise<void>
}

/** What a connection is opened with. */
export interface RabbitMqConnectionOptions {
  url: string
  /** What the broker calls it. */
  name: string
  log: Logger
  /** Longest wait for a connection or a channel, in milliseconds. */
  withinMs: number
}

const CLOSE_WITHIN_MS = 2000
/** In seconds. What was not heard of for twice that long is taken for dead. */
const HEARTBEAT_S = 5

export function openConnection({ url, name, log, withinMs }: RabbitMqConnectionOptions): RabbitMqConnection {
  const connection = new Connection({
    url,
    connectionName: name,
    acquireTimeout: withinMs,
    connectionTimeout: withinMs,
    retryLow: 250,
    retryHigh: 2000,
    heartbeat: HEARTBEAT_S,
    noDelay: true,
  })
  let reason = 'not connected yet'
  let blocked: string | undefined
  connection.on('connection', () => {
    reason = 'the connection was lost'
    blocked = undefined
    log.info({ connection: name }, 'connected to RabbitMQ')
  })
  connection.on('error', (error: unknown) => {
    reason = reasonOf(error)
    log.warn({ connection: name, reason }, 'connection to RabbitMQ failed')
  })
  connection.on('connection.blocked', (why: string) => {
    blocked = `RabbitMQ takes no messages: ${why}`
    log.warn({ connection: name, reason: why }, 'RabbitMQ takes no messages')
  })
  connection.on('connection.unblocked', () => {
    blocked = undefined
  })

  function requireUnblocked() {
    if (blocked !== undefined) throw new Error(blocked)
  }

  return {
    connection,
    requireReady() {
      requireUnblocked()
      if (!connection.ready) throw new Error(reason)
    },
    requireUnblocked,
    async close(ending) {
      const ended = ending.then(() => connection.close()).catch(() => undefined)
      if (connection.ready) await withDeadline(ended, CLOSE_WITHIN_MS).catch(() => undefined)
      connection.unsafeDestroy()
    },
  }
}

/** @throws Error when `work` takes longer. */
export async function withDeadline<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  const done = new AbortController()
  const late = sleep(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
  }
}
