import type { Logger } from '@portico/service-kit/logger'
import { LRUCache } from 'lru-cache'
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type IRateLimiterOptions,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible'
import type { RateLimitsConfig } from '../../config/rate-limits.ts'
import { connectRateLimitRedis, type LimiterClient, type RedisState } from './redis.ts'

/** Where points are counted, in windows of fixed length that begin with their first point. */
export interface LimiterStore extends AsyncDisposable {
  /** Counts in memory while Redis is gone. */
  lenient: LimiterKind
  /** Counts where all gateways do, or fails with `RateLimitStoreError`. */
  strict: LimiterKind
  /** Undefined without Redis: nothing can be gone. */
  redisState: () => RedisState | undefined
}

/** Limiters as graphql-rate-limit-directive makes them: one for each limit and duration. */
export interface LimiterKind {
  limiterClass: typeof RateLimiterAbstract
  limiterOptions: IRateLimiterOptions
}

/**
 * Opens the store that the configuration names. Nothing waits for Redis: a gateway starts and serves without it. Without
 * Redis, and while it is gone, processes that are one gateway count together with `counts`.
 */
export function openLimiterStore(
  config: Omit<RateLimitsConfig, 'planMultipliers' | 'sensitiveFields'>,
  { log, counts }: { log: Logger; counts?: LimiterClient | undefined },
): LimiterStore {
  const { keyPrefix } = config
  if (!config.enforced || !config.redis) {
    const here = counts
      ? { limiterClass: RateLimiterRedis, limiterOptions: inStore(keyPrefix, counts) }
      : { limiterClass: BoundedMemoryLimiter, limiterOptions: inMemory(keyPrefix) }
    return {
      lenient: here,
      strict: here,
      redisState: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const redis = connectRateLimitRedis(config.redis, { keyPrefix, log })
  const limiterOptions = { ...inMemory(keyPrefix), ...inStore(keyPrefix, redis.client), insurance: counts }
  return {
    lenient: { limiterClass: InsuredRedisLimiter, limiterOptions },
    strict: { limiterClass: RateLimiterRedis, limiterOptions },
    redisState: () => redis.state(),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}

function inMemory(keyPrefix: string): CountingOptions {
  return { keyPrefix, counted: createCountedKeys() }
}

function inStore(keyPrefix: string, storeClient: LimiterClient) {
  return { keyPrefix, storeClient }
}

/** What is counted in memory at the moment, by whom: keys that were counted longest ago come first. */
export type CountedKeys = LRUCache<string | number, RateLimiterMemory>

/** Windows that a gateway keeps in memory at most, of all fields and clients. */
const MOST_KEYS = 100_000

/** Forgets keys with their window, and those that were counted longest ago when there are too many. */
export function createCountedKeys(): CountedKeys {
  return new LRUCache({
    // Not `max`, which takes the memory for all of them at once.
    maxSize: MOST_KEYS,
    sizeCalculation: () => 1,
    ttlAutopurge: true,
    dispose(limiter, key, reason) {
      if (reason === 'evict') void limiter.delete(key)
    },
  })
}

/** Of timers of Node, less the millisecond that the cache adds. */
const LONGEST_TIMER_MS = 2 ** 31 - 2

interface CountingOptions extends IRateLimiterOptions {
  /** Shared by all limiters of a gateway. */
  counted: CountedKeys
}

/** The memory limiter, which would keep as many keys as clients can invent until their windows end. */
export class BoundedMemoryLimiter extends RateLimiterMemory {
  readonly #counted: CountedKeys

  constructor({ counted, ...options }: CountingOptions) {
    super(options)
    this.#counted = counted
  }

  override consume(key: string | number, points?: number): ReturnType<RateLimiterMemory['consume']> {
    const windowMs = this.duration * 1000
    // Twice as long as a window lasts, so that the timer of a key is set once in a window, and not each time.
    if (this.#counted.get(key) !== this || this.#counted.getRemainingTTL(key) < windowMs) {
      this.#counted.set(key, this, { ttl: Math.min(2 * windowMs, LONGEST_TIMER_MS) })
    }
    return super.consume(key, points)
  }
}

class InsuredRedisLimiter extends RateLimiterRedis {
  constructor(options: CountingOptions & { storeClient: LimiterClient; insurance: LimiterClient | undefined }) {
    const { storeClient: _, insurance, ...counting } = options
    const insuranceLimiter = insurance
      ? new RateLimiterRedis({ ...counting, storeClient: insurance })
      : new BoundedMemoryLimiter(counting)
    super({ ...options, insuranceLimiter })
  }
}
