import { once } from 'node:events'
import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic } from '@portico/service-kit/periodic'
import { Redis, type Result } from 'ioredis'
import type { RedisConfig } from '../../config/rate-limits.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** The script that rate-limiter-flexible defines: counts points, and answers with their sum and the time left in ms. */
    rlflxIncr(args: string[]): Result<[consumed: number, ttlMs: number], Context>
  }
}

/** Redis does not answer, or not as it should. */
export class RateLimitStoreError extends Error {
  override readonly name = 'RateLimitStoreError'
}

/** What is known of the Redis that counts are kept in. */
export interface RedisState {
  available: boolean
  since: Date
  /** Why it is not available. */
  reason?: string
}

/** What rate-limiter-flexible needs of a client of ioredis. */
export interface LimiterClient {
  defineCommand: Redis['defineCommand']
  /** Asked for before each command, for a transaction that only limiters without a duration would use. */
  multi(): undefined
  /** @throws RateLimitStoreError in time, and at once while Redis is gone. */
  rlflxIncr(args: string[]): Promise<[consumed: number, ttlMs: number]>
}

export interface RateLimitRedis extends AsyncDisposable {
  client: LimiterClient
  state(): RedisState
}

/** Pause between attempts to find out whether a Redis that is gone is back. */
const PROBE_PAUSE_MS = 250
const HUNG_CONNECTION_MS = 3000
const LONGEST_RECONNECT_PAUSE_MS = 2000
/** Of the commands that make a connection ready, which no request waits for. */
const HANDSHAKE_TIMEOUT_MS = 1000

export interface RateLimitRedisOptions {
  keyPrefix: string
  log: Logger
  /** A connection on which nothing was answered for so long is given up for a new one; 3,000 unless told. */
  hungConnectionMs?: number
}

/**
 * Connects to Redis without waiting for it. A command that is late makes Redis count as gone at once, so that no request
 * waits for it again until a probe has been answered.
 */
export function connectRateLimitRedis(
  { url, timeoutMs }: RedisConfig,
  { keyPrefix, log, hungConnectionMs = HUNG_CONNECTION_MS }: RateLimitRedisOptions,
): RateLimitRedis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: HANDSHAKE_TIMEOUT_MS,
    connectTimeout: HANDSHAKE_TIMEOUT_MS,
    disconnectTimeout: 100,
    disableClientInfo: true,
    retryStrategy: (times) =>
      Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_PAUSE_MS) * (0.5 + Math.random() / 2),
    // A replica that was promoted elsewhere: the address may lead to another one by now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  })
  let status: 'connecting' | 'available' | 'gone' | 'closed' = 'connecting'
  let since = new Date()
  let reason: string | undefined = 'Not connected yet.'

  function becomes(next: 'available' | 'gone', err?: Error): void {
    if (status === next || status === 'closed') return
    if (next === 'gone') log.warn({ err }, 'Redis is gone: this gateway counts rate limits by itself')
    else if (status === 'gone') log.info('Redis is back: rate limits are shared again')
    status = next
    since = new Date()
    reason = err?.message
  }

  async function answerTo<Answer>(command: Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    try {
      return await within(timeoutMs, command, signal)
    } catch (cause) {
      const error = new RateLimitStoreError('Redis does not count.', { cause })
      becomes('gone', cause instanceof Error ? cause : error)
      throw error
    }
  }

  async function probe(signal?: AbortSignal): Promise<void> {
    if (status === 'available' || redis.status !== 'ready') return
    try {
      // Written, since a Redis that is full or a replica answers everything else.
      await answerTo(redis.set(`${keyPrefix}:probe`, '', 'EX', 1), signal)
      becomes('available')
    } catch {
      if (Date.now() - since.getTime() > hungConnectionMs) redis.disconnect(true)
    }
  }

  redis.on('error', (err: Error) => becomes('gone', err))
  redis.on('close', () => becomes('gone', new Error('The connection was closed.')))
  redis.on('ready', () => void probe())
  redis.connect().catch(() => undefined)
  const probing = startPeriodic({ name: 'look for Redis', everyMs: PROBE_PAUSE_MS, run: probe, log })

  return {
    client: {
      defineCommand: (name, definition) => redis.defineCommand(name, definition),
      multi: () => undefined,
      async rlflxIncr(args) {
        if (status !== 'available') throw new RateLimitStoreError('Redis is gone.')
        return answerTo(redis.rlflxIncr(args))
      },
    },
    state: () => ({ available: status === 'available', since, ...(reason === undefined ? {} : { reason }) }),
    async [Symbol.asyncDispose]() {
      status = 'closed'
      await probing[Symbol.asyncDispose]()
      const ended = redis.status === 'ready' ? once(redis, 'end') : undefined
      redis.disconnect()
      await ended
    },
  }
}

/** @throws Error when it takes longer, or when the signal aborts. */
function within<Value>(ms: number, promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // A process that was busy itself finds the time gone by before it reads the answer that has arrived meanwhile.
      setImmediate(() => reject(new Error(`No answer within ${ms} ms.`)))
    }, ms)
    const stop = () => reject(new Error('Nobody waits for it any more.'))
    signal?.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    })
  })
}
