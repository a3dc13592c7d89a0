import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { loadConfig, type GatewayConfig } from '../src/config.ts'

/** Without what a start is warned of whatever it shows. */
const QUIET = {
  SUPERGRAPH_PATH: 'supergraph.graphql',
  JWKS_URL: 'http://users/jwks.json',
  IDENTITY_KEY_FILE: 'identity-key.json',
}

const load = (env: Record<string, string>) => loadConfig({ ...QUIET, ...env })

const NOTHING_SHOWN = {
  introspection: false,
  sandbox: false,
  explorer: false,
  errorDetails: false,
  csrfPrevention: true,
  corsOrigins: [],
}

const ALL_SHOWN = {
  introspection: true,
  sandbox: true,
  explorer: true,
  errorDetails: true,
  csrfPrevention: true,
  corsOrigins: ['https://studio.apollographql.com', 'http://localhost:*', 'http://127.0.0.1:*'],
}

describe('the preset', () => {
  it.each([
    [{}, NOTHING_SHOWN],
    [{ NODE_ENV: 'production' }, NOTHING_SHOWN],
    [{ NODE_ENV: 'development' }, ALL_SHOWN],
    [{ NODE_ENV: 'test' }, ALL_SHOWN],
  ])('of %j decides what is shown', (env, exposure) => {
    expect(load(env)).toMatchObject({ exposure, warnings: [] })
  })

  it.each(['INTROSPECTION', 'SANDBOX', 'EXPLORER', 'ERROR_DETAILS', 'CSRF_PREVENTION'])(
    'lets %s be switched by itself, both ways',
    (variable) => {
      for (const NODE_ENV of ['production', 'development']) {
        const [on, off] = ['true', 'false'].map((value) =>
          Object.entries(load({ NODE_ENV, [variable]: value }).exposure),
        )
        const changed = on?.filter(([, value], index) => !isDeepStrictEqual(value, off?.[index]?.[1]))
        expect(changed).toEqual([[expect.any(String), true]])
      }
    },
  )

  it('is all that NODE_ENV decides', () => {
    const everythingElse = (env: Record<string, string>) => {
      const { exposure: _, ...rest } = load(env)
      return JSON.stringify(rest)
    }
    expect(everythingElse({ NODE_ENV: 'development' })).toBe(everythingElse({ NODE_ENV: 'production' }))
  })
})

describe('a production start', () => {
  const dangerous = {
    INTROSPECTION: 'true',
    SANDBOX: 'true',
    EXPLORER: 'true',
    ERROR_DETAILS: 'true',
    CSRF_PREVENTION: 'false',
    CORS_ORIGINS: '*',
  }

  it('warns once of each switch that shows more than it should', () => {
    const { warnings } = load(dangerous)
    expect(warnings.map((line) => line.split('=')[0])).toEqual(Object.keys(dangerous))
  })

  it('has nothing to say in development', () => {
    expect(load({ NODE_ENV: 'development', ...dangerous }).warnings).toEqual([])
  })
})

describe('CORS_ORIGINS', () => {
  const originsOf = ({ exposure }: GatewayConfig) => exposure.corsOrigins

  it.each([
    ['https://shop.example, http://localhost:*,https://admin.shop.example:8443', 3],
    ['*', 1],
    ['none', 0],
  ])('takes %j', (text, count) => {
    for (const NODE_ENV of ['production', 'development']) {
      expect(originsOf(load({ NODE_ENV, CORS_ORIGINS: text }))).toHaveLength(count)
    }
  })

  it.each([
    'shop.example',
    'https://shop.example/',
    'https://shop.example/path',
    'https://shop.example:443',
    'https://*.shop.example',
    'https://SHOP.example',
    'https://user@shop.example',
    'null',
    'file://',
    '*,https://shop.example',
    'none,https://shop.example',
  ])('does not take %j', (text) => {
    expect(() => load({ CORS_ORIGINS: text })).toThrow(ConfigError)
  })
})
