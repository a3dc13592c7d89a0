import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { loadConfig } from '../src/config.ts'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration of the gateway', () => {
  it('needs nothing but a supergraph, and is then a production start on loopback', () => {
    const config = loadConfig({ SUPERGRAPH_PATH: 'supergraph.graphql' })
    expect(config).toMatchObject({
      warnings: [expect.stringMatching(/^IDENTITY_KEY_FILE /), expect.stringMatching(/ everyone is anonymous$/)],
      http: { host: '127.0.0.1', port: 4000, graphqlPath: '/graphql', requestTimeoutMs: 10_000 },
      supergraph: {
        source: { kind: 'supergraph', file: 'supergraph.graphql' },
        connections: { timeoutMs: 2000, connections: 64, answerLimitBytes: 16_777_216 },
      },
      trust: { tokens: undefined, identityKeyFile: undefined },
    })
  })

  it('lists every mistake at once, by the name of its variable and without its value', () => {
    const problems = problemsOf({
      PORT: '99999',
      SUBGRAPH_TIMEOUT_MS: 'soon',
      JWKS_URL: 'ftp://secret.example.com',
      GRAPHQL_PATH: 'graphql',
      SUBGRAPH_URLS: 'users',
      LOG_LEVEL: 'loud',
      SUPERGRAPH_PATH: 'a',
    })
    expect(new Set(problems.map((line) => line.split(':')[0]))).toEqual(
      new Set(['GRAPHQL_PATH', 'JWKS_URL', 'LOG_LEVEL', 'PORT', 'SUBGRAPH_TIMEOUT_MS', 'SUBGRAPH_URLS']),
    )
    expect(problems.join()).not.toContain('secret')
  })

  it.each([[{}], [{ SUPERGRAPH_PATH: 'a', SUBGRAPHS_PATH: 'b' }]])('wants exactly one supergraph, unlike %j', (env) => {
    expect(problemsOf(env)).toEqual([
      'the environment: set exactly one of SUPERGRAPH_PATH (--supergraph) and SUBGRAPHS_PATH (--subgraphs)',
    ])
  })

  it.each<[string, Record<string, string>, string[]]>([
    [
      'the same path',
      { GRAPHQL_PATH: '/x', HEALTH_LIVE_PATH: '/x' },
      ['HEALTH_LIVE_PATH: is the path of GRAPHQL_PATH too'],
    ],
    [
      'paths that differ by a slash, at which Fastify used to throw',
      { EXPLORER: 'true', EXPLORER_PATH: '/graphql/', HEALTH_READY_PATH: '/health/live/' },
      ['EXPLORER_PATH: is the path of GRAPHQL_PATH too', 'HEALTH_READY_PATH: is the path of HEALTH_LIVE_PATH too'],
    ],
    [
      'a path among the files of the explorer, at which Fastify used to throw',
      { EXPLORER: 'true', HEALTH_LIVE_PATH: '/graphiql/documents.json' },
      ['HEALTH_LIVE_PATH: is below EXPLORER_PATH, where everything is a file of the explorer'],
    ],
    ['an explorer that is off', { EXPLORER_PATH: '/graphql/', HEALTH_LIVE_PATH: '/graphql/live' }, []],
    ['an explorer at the root', { EXPLORER: 'true', EXPLORER_PATH: '/' }, []],
  ])('wants a path of its own for each route; it is given %s', (_, env, problems) => {
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', ...env })).toEqual(problems)
  })

  it('gives its own admin server another port than its own, which it once called taken by another program', () => {
    const { health } = loadConfig({ SUPERGRAPH_PATH: 'a', PORT: '4100' })
    expect(health.admin).toMatchObject({ port: 0, orAnyPort: true })
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', PORT: '5000', ADMIN_PORT: '5000' })).toEqual([
      'ADMIN_PORT: is 5000, as PORT is; set one of them to another',
    ])
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', HOST: '192.0.2.7', PORT: '5000', ADMIN_PORT: '5000' })).toEqual([])
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', PORT: '0', ADMIN_PORT: '0' })).toEqual([])
  })

  it('says which words there are where a variable takes one of a few', () => {
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', NODE_ENV: 'prod', LOG_LEVEL: 'loud' })).toEqual([
      'NODE_ENV: must be one of production, development, test',
      'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent',
    ])
  })

  it('warns of a wait for subgraphs that the whole request cuts short, if somebody asked for it', () => {
    const trusted = { JWKS_URL: 'http://users/jwks.json', IDENTITY_KEY_FILE: 'key.json' }
    const warningsOf = (env: Record<string, string>) =>
      loadConfig({ SUPERGRAPH_PATH: 'a', ...trusted, ...env }).warnings
    expect(warningsOf({ REQUEST_TIMEOUT_MS: '1000' })).toEqual([])
    expect(warningsOf({ REQUEST_TIMEOUT_MS: '1000', SUBGRAPH_TIMEOUT_MS: '3000' })).toEqual([
      'SUBGRAPH_TIMEOUT_MS=3000: no subgraph is waited for so long, since REQUEST_TIMEOUT_MS is shorter',
    ])
  })

  it('reads the addresses of subgraphs', () => {
    const { supergraph } = loadConfig({
      SUPERGRAPH_PATH: 'a',
      SUBGRAPH_URLS: 'users=http://users:4000/graphql, orders=https://orders.internal/graphql?a=b',
    })
    expect([...supergraph.subgraphUrls].map(([name, { href }]) => [name, href])).toEqual([
      ['users', 'http://users:4000/graphql'],
      ['orders', 'https://orders.internal/graphql?a=b'],
    ])
  })
})
