import type { Logger } from '@portico/service-kit/logger'
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

/** Opens the store that the configuration names. Nothing waits for Redis: a gateway starts and serves without it. */
export function openLimiterStore(
  config: Omit<RateLimitsConfig, 'planMultipliers' | 'sensitiveFields'>,
  log: Logger,
): LimiterStore {
  const { keyPrefix } = config
  if (!config.enforced || !config.redis) {
    const inMemory: LimiterKind = { limiterClass: BoundedMemoryLimiter, limiterOptions: { keyPrefix } }
    return {
      lenient: inMemory,
      strict: inMemory,
      redisState: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const redis = connectRateLimitRedis(config.redis, { keyPrefix, log })
  const limiterOptions = { keyPrefix, storeClient: redis.client }
  return {
    lenient: { limiterClass: InsuredRedisLimiter, limiterOptions },
    strict: { limiterClass: RateLimiterRedis, limiterOptions },
    redisState: () => redis.state(),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}

/** Clients whose points one limiter keeps at most; then those are forgotten who were not seen for longest. */
const MOST_KEYS = 100_000

/** The memory limiter, which would keep as many keys as clients can invent until their windows end. */
export class BoundedMemoryLimiter extends RateLimiterMemory {
  readonly #keys = new Set<string | number>()

  override consume(key: string | number, points?: number): ReturnType<RateLimiterMemory['consume']> {
    this.#keys.delete(key)
    this.#keys.add(key)
    if (this.#keys.size > MOST_KEYS) {
      const [oldest = key] = this.#keys
      this.#keys.delete(oldest)
      void this.delete(oldest)
    }
    return super.consume(key, points)
  }
}

class InsuredRedisLimiter extends RateLimiterRedis {
  constructor(options: IRateLimiterOptions & { storeClient: LimiterClient }) {
    const { storeClient: _, ...counting } = options
    super({ ...options, insuranceLimiter: new BoundedMemoryLimiter(counting) })
  }
}
