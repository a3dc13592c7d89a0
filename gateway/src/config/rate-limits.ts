import { commaList, flag, integer } from '@portico/service-kit/config'
import { PLANS, type PlanName } from '@portico/service-kit/viewer'
import { z } from 'zod'

/** With what a plan multiplies the limits of scope VIEWER. */
export type PlanMultiplier = number | 'unlimited'

export interface RedisConfig {
  /** `redis:` or `rediss:`; may hold a password. */
  url: string
  /** Longest wait for one answer. */
  timeoutMs: number
}

export interface RateLimitsConfig {
  /** False: `@rateLimit` means nothing. */
  enforced: boolean
  planMultipliers: Readonly<Record<PlanName, PlanMultiplier>>
  sensitiveFields: {
    coordinates: readonly string[]
    /** The operator named them, so that one without a limit is a mistake. */
    explicit: boolean
  }
  /** Undefined: each gateway counts by itself. */
  redis: RedisConfig | undefined
  /** What the keys in the store start with. */
  keyPrefix: string
}

const SENSITIVE_FIELDS = [
  'Mutation.signIn',
  'Mutation.register',
  'Mutation.refreshSession',
  'Mutation.changePassword',
] as const

const DEFAULT_MULTIPLIERS: RateLimitsConfig['planMultipliers'] = { FREE: 1, PRO: 10, ENTERPRISE: 'unlimited' }

const multiplier = z.union([
  z.literal('unlimited'),
  z
    .string()
    .regex(/^\d{1,6}(\.\d{1,3})?$/)
    .transform(Number)
    .refine((value) => value > 0),
])

const multiplierEntry = z.tuple([z.enum(PLANS), multiplier])

const planMultipliers = () =>
  commaList()
    .transform((entries, context) => {
      const pairs = entries.map((entry) => multiplierEntry.safeParse(entry.split('=')))
      if (pairs.some(({ success }) => !success)) {
        context.addIssue(`must be a list such as FREE=1,PRO=10,ENTERPRISE=unlimited, with plans of ${PLANS.join(', ')}`)
        return z.NEVER
      }
      return { ...DEFAULT_MULTIPLIERS, ...Object.fromEntries(pairs.flatMap(({ data }) => (data ? [data] : []))) }
    })
    .meta({
      mustBe: '`PLAN=number,…`, or `unlimited` as a number',
      inFile: { type: 'object', additionalProperties: { type: ['number', 'string'] } },
    })

export const rateLimitsVariables = z.object({
  RATE_LIMITS: flag()
    .default(true)
    .describe('Whether `@rateLimit` is enforced; `false` only where something in front of the gateway limits instead.'),
  PLAN_MULTIPLIERS: planMultipliers()
    .default(DEFAULT_MULTIPLIERS)
    .describe('With what a plan multiplies limits of scope VIEWER.'),
  SENSITIVE_FIELDS: commaList()
    .meta({ mustBe: '`Type.field,…`' })
    .optional()
    .describe(
      `Limited fields that no plan scales and that are refused while Redis is gone. Default: \`${SENSITIVE_FIELDS.join()}\`, as far as the supergraph has them.`,
    ),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, 'must look like redis://user:password@host:6379/0, or rediss:// for TLS')
    .refine((url) => URL.canParse(url), 'must be an address')
    .meta({ mustBe: 'a redis:// or rediss:// address' })
    .optional()
    .describe('Redis in which gateways share their counts. Default: each counts by itself.'),
  REDIS_TIMEOUT_MS: integer({ min: 1, max: 10_000, unit: 'milliseconds' })
    .default(50)
    .describe('Longest wait for one answer of Redis, before the gateway counts by itself for a while.'),
  RATE_LIMIT_KEY_PREFIX: z
    .string()
    .regex(/^[\w:.-]{1,100}$/, 'must be letters, digits and any of : . _ -')
    .meta({ mustBe: 'letters, digits and any of `: . _ -`' })
    .default('portico:rate-limit')
    .describe('What the keys in Redis start with; gateways that share it share their counts.'),
})

type RateLimitsVariables = z.infer<typeof rateLimitsVariables>

/** What a production start should be told. */
export function rateLimitsWarnings(env: RateLimitsVariables & { NODE_ENV: string }): string[] {
  return env.NODE_ENV === 'production' && !env.RATE_LIMITS
    ? ['RATE_LIMITS=false: nothing limits how often clients ask']
    : []
}

export function toRateLimitsConfig(env: RateLimitsVariables): RateLimitsConfig {
  return {
    enforced: env.RATE_LIMITS,
    planMultipliers: env.PLAN_MULTIPLIERS,
    sensitiveFields: {
      coordinates: env.SENSITIVE_FIELDS ?? SENSITIVE_FIELDS,
      explicit: env.SENSITIVE_FIELDS !== undefined,
    },
    redis: env.REDIS_URL === undefined ? undefined : { url: env.REDIS_URL, timeoutMs: env.REDIS_TIMEOUT_MS },
    keyPrefix: env.RATE_LIMIT_KEY_PREFIX,
  }
}
