import { describe, expect, it } from '@jest/globals'
import { ConfigError, evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { checkSubgraphVariables, subgraphVariables, toSubgraphConfig } from '@portico/service-kit/subgraph-config'

const variables = subgraphVariables.superRefine(checkSubgraphVariables, evenWithMistakes).transform(toSubgraphConfig)
const DATABASE_URL = 'postgresql://users:secret@db/users'

function problemsOf(env: Environment): readonly string[] {
  try {
    parseEnvironment(variables, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration of a subgraph', () => {
  it('is safe where nothing is said: production, loopback, only the gateway, nothing waits for ever', () => {
    expect(parseEnvironment(variables, { DATABASE_URL, GATEWAY_KEYS_FILE: '/keys/public.json' })).toEqual({
      host: '127.0.0.1',
      port: 0,
      admin: { host: '127.0.0.1', port: 0, orAnyPort: true, hosts: [] },
      logLevel: 'info',
      production: true,
      database: {
        url: DATABASE_URL,
        poolMax: 10,
        connectWithinMs: 2000,
        statementTimeoutMs: 5000,
        lockTimeoutMs: 2000,
      },
      trust: { kind: 'gateway', keysFile: '/keys/public.json' },
      drainDelayMs: 5000,
    })
  })

  it('never answers anyone in production', () => {
    expect(problemsOf({ DATABASE_URL, STANDALONE: 'true' })).toEqual([
      'STANDALONE: answers anyone, and is only for NODE_ENV=development',
    ])
  })

  it('answers anyone in development only when that is said', () => {
    const development = { DATABASE_URL, NODE_ENV: 'development' }
    expect(parseEnvironment(variables, { ...development, STANDALONE: 'true' }).trust).toEqual({ kind: 'anyone' })
    expect(problemsOf(development)).toEqual([
      'GATEWAY_KEYS_FILE: must be set, so that only the gateway is answered (or STANDALONE=true in development)',
    ])
  })

  it('can not both answer anyone and trust the gateway only', () => {
    expect(
      problemsOf({ DATABASE_URL, NODE_ENV: 'development', STANDALONE: 'true', GATEWAY_KEYS_FILE: '/keys/public.json' }),
    ).toEqual(['STANDALONE: contradicts GATEWAY_KEYS_FILE; unset one of them'])
  })

  it('tells contradictions together with all other mistakes, and no mistake twice', () => {
    expect(problemsOf({ PORT: 'http' })).toEqual([
      'PORT: must be a whole number from 0 to 65535',
      'DATABASE_URL: must be set',
      'GATEWAY_KEYS_FILE: must be set, so that only the gateway is answered (or STANDALONE=true in development)',
    ])
    expect(problemsOf({ DATABASE_URL, STANDALONE: 'yes' })).toEqual(['STANDALONE: must be true or false'])
  })

  it('names the environments that there are', () => {
    expect(problemsOf({ DATABASE_URL, GATEWAY_KEYS_FILE: 'k', NODE_ENV: 'staging' })).toEqual([
      expect.stringMatching(/^NODE_ENV: .*production.*development.*test/),
    ])
  })
})
