import { describe, expect, it } from '@jest/globals'
import {
  commaList,
  ConfigError,
  flag,
  httpUrl,
  integer,
  milliseconds,
  parseEnvironment,
  port,
  postgresUrl,
  type Environment,
} from '@portico/service-kit/config'
import { z } from 'zod'

const variables = z.object({
  PORT: port().default(4000),
  TIMEOUT_MS: milliseconds().default(2000),
  WORKERS: integer({ min: 1, max: 8, unit: 'workers' }).optional(),
  OPEN: flag().default(false),
  DATABASE_URL: postgresUrl(),
  ISSUER: httpUrl().optional(),
  ORIGINS: commaList().default([]),
})

function problemsOf(env: Environment): readonly string[] {
  try {
    parseEnvironment(variables, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('an environment', () => {
  it('becomes typed values', () => {
    const config = parseEnvironment(variables, {
      PORT: '0',
      WORKERS: '8',
      OPEN: 'true',
      DATABASE_URL: 'postgres://a:b@localhost/c',
      ISSUER: 'https://issuer.example/tenant',
      ORIGINS: ' https://a.example , ,https://b.example',
      UNRELATED: 'ignored',
    })
    expect(config).toEqual({
      PORT: 0,
      TIMEOUT_MS: 2000,
      WORKERS: 8,
      OPEN: true,
      DATABASE_URL: 'postgres://a:b@localhost/c',
      ISSUER: new URL('https://issuer.example/tenant'),
      ORIGINS: ['https://a.example', 'https://b.example'],
    })
  })

  it('is told every mistake at once, each with the name of its variable and what it must be', () => {
    expect(
      problemsOf({ PORT: '65536', TIMEOUT_MS: '1.5', WORKERS: '0', OPEN: 'yes', ISSUER: 'ftp://issuer.example' }),
    ).toEqual([
      'PORT: must be a whole number from 0 to 65535',
      'TIMEOUT_MS: must be a whole number of milliseconds from 1 to 3600000',
      'WORKERS: must be a whole number of workers from 1 to 8',
      'OPEN: must be true or false',
      'DATABASE_URL: must be set',
      'ISSUER: must be an absolute http:// or https:// address',
    ])
  })

  it('never sees its values in a message, since they may be secrets', () => {
    const secret = 'hunter2hunter2'
    const env = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, secret]))
    expect(() => parseEnvironment(variables, env)).toThrow(ConfigError)
    expect(() => parseEnvironment(variables, env)).not.toThrow(secret)
  })

  it('counts an empty value as unset', () => {
    expect(problemsOf({ PORT: '', DATABASE_URL: '' })).toEqual(['DATABASE_URL: must be set'])
    expect(parseEnvironment(variables, { PORT: '', DATABASE_URL: 'postgresql://h/d' }).PORT).toBe(4000)
  })

  it('takes no number that is not written as a whole one', () => {
    for (const text of ['1e3', '0x50', ' 80', '80 ', '+80', '٣', 'NaN', '4000abc']) {
      expect(problemsOf({ PORT: text, DATABASE_URL: 'postgresql://h/d' })).toHaveLength(1)
    }
  })

  it('hears what is wrong between variables in the words of whoever compared them', () => {
    const compared = variables.superRefine((env, context) => {
      if (env.ISSUER === undefined) {
        context.addIssue({ code: 'custom', path: ['ISSUER'], message: 'must be set beside DATABASE_URL' })
      }
      context.addIssue({ code: 'custom', path: [], message: 'make up your mind' })
    })
    expect(() => parseEnvironment(compared, { DATABASE_URL: 'postgresql://h/d' })).toThrow(
      new ConfigError(['ISSUER: must be set beside DATABASE_URL', 'the environment: make up your mind']),
    )
  })
})
