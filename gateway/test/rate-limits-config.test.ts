import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { loadConfig } from '../src/config.ts'

const load = (env: Record<string, string>) => loadConfig({ SUPERGRAPH_PATH: 'supergraph.graphql', ...env })

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration of rate limits', () => {
  it('enforces them in memory, scales them by plan, and trusts no proxy, when nothing is set', () => {
    const { rateLimits, proxies } = load({})
    expect(rateLimits).toEqual({
      enforced: true,
      planMultipliers: { FREE: 1, PRO: 10, ENTERPRISE: 'unlimited' },
      sensitiveFields: {
        coordinates: ['Mutation.signIn', 'Mutation.register', 'Mutation.refreshSession', 'Mutation.changePassword'],
        explicit: false,
      },
      redis: undefined,
      keyPrefix: 'portico:rate-limit',
    })
    expect(proxies).toEqual({ trusted: [] })
  })

  it('takes what is set, and leaves plans that are not named as they were', () => {
    const { rateLimits, proxies, warnings } = load({
      RATE_LIMITS: 'false',
      PLAN_MULTIPLIERS: 'PRO=2.5, FREE=unlimited',
      SENSITIVE_FIELDS: 'Mutation.login',
      REDIS_URL: 'rediss://user:password@redis.internal:6380/2',
      REDIS_TIMEOUT_MS: '80',
      RATE_LIMIT_KEY_PREFIX: 'shop-eu',
      TRUSTED_PROXIES: 'loopback,10.0.0.0/8,2001:db8::/32,192.0.2.1',
    })
    expect(rateLimits).toEqual({
      enforced: false,
      planMultipliers: { FREE: 'unlimited', PRO: 2.5, ENTERPRISE: 'unlimited' },
      sensitiveFields: { coordinates: ['Mutation.login'], explicit: true },
      redis: { url: 'rediss://user:password@redis.internal:6380/2', timeoutMs: 80 },
      keyPrefix: 'shop-eu',
    })
    expect(proxies.trusted).toEqual(['loopback', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1'])
    expect(warnings).toContain('RATE_LIMITS=false: nothing limits how often clients ask')
  })

  it.each([
    ['PLAN_MULTIPLIERS', 'PRO'],
    ['PLAN_MULTIPLIERS', 'GOLD=2'],
    ['PLAN_MULTIPLIERS', 'PRO=0'],
    ['PLAN_MULTIPLIERS', 'PRO=-1'],
    ['PLAN_MULTIPLIERS', 'PRO=1e9'],
    ['PLAN_MULTIPLIERS', 'PRO=1=2'],
    ['REDIS_URL', 'redis.internal:6379'],
    ['REDIS_URL', 'https://redis.internal'],
    ['REDIS_URL', 'redis://:secret@a:port'],
    ['REDIS_TIMEOUT_MS', '0'],
    ['RATE_LIMIT_KEY_PREFIX', 'a b'],
    ['TRUSTED_PROXIES', 'true'],
    ['TRUSTED_PROXIES', '1'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
  ])('refuses %s=%s, and does not repeat it', (variable, value) => {
    const problems = problemsOf({ [variable]: value })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${variable}: must `))])
    expect(problems.join()).not.toContain('secret')
  })
})
