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
      warnings: [],
      http: { host: '127.0.0.1', port: 4000, graphqlPath: '/graphql', requestTimeoutMs: 10_000 },
      supergraph: { source: { kind: 'supergraph', file: 'supergraph.graphql' }, subgraphTimeoutMs: 2000 },
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
    expect(problemsOf(env)).toEqual(['the environment: set exactly one of SUPERGRAPH_PATH and SUBGRAPHS_PATH'])
  })

  it('wants a path of its own for each route', () => {
    expect(problemsOf({ SUPERGRAPH_PATH: 'a', GRAPHQL_PATH: '/x', HEALTH_LIVE_PATH: '/x' })).toEqual([
      'GRAPHQL_PATH: must differ from HEALTH_LIVE_PATH, HEALTH_READY_PATH and EXPLORER_PATH, and these from each other',
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
