import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { postGraphql } from '@portico/testkit/post-graphql'
import { parseCommandLine } from '../src/cli/options.ts'
import { loadSettings } from '../src/cli/settings.ts'
import { gatewayVariables, type GatewayConfig } from '../src/config.ts'
import { FILE_KEYS } from '../src/config/file/layout.ts'
import { parseConfigFile } from '../src/config/file/parse.ts'
import { readShapes } from '../src/config/file/shape.ts'
import { runProgramToEnd, startFourSubgraphs, startProgram } from './program.ts'

const GATEWAY = resolve(import.meta.dirname, '..')
const SHAPES = readShapes(gatewayVariables)

function parse(source: string, env: Record<string, string> = {}) {
  const { settings, problems } = parseConfigFile(source, { name: '/etc/portico/gateway.yaml', env, shapes: SHAPES })
  return { texts: Object.fromEntries([...settings].map(([name, { text }]) => [name, text])), problems }
}

jest.setTimeout(60_000)

describe('the file of settings', () => {
  it('has a key for every variable, and no two for one', () => {
    const { CONFIG_FILE: _, ...others } = gatewayVariables.shape
    expect(Object.keys(FILE_KEYS).toSorted()).toEqual(Object.keys(others).toSorted())
    expect(new Set(Object.values(FILE_KEYS)).size).toBe(Object.keys(FILE_KEYS).length)
  })

  it('stands for texts of variables: numbers as written, lists and maps with commas, nothing as unset', () => {
    const source = `
http: { port: 4001, corsOrigins: [https://a.example, "http://localhost:*"], csrfPrevention: false, host: }
limits:
tokens: { audience: 0123 }
health: { optionalSubgraphs: "a,b" }
rateLimits: { planMultipliers: { FREE: 1.50, PRO: unlimited } }
subgraphs: { urls: { a: http://a:4000/graphql } }`
    expect(parse(source)).toEqual({
      texts: {
        PORT: '4001',
        CORS_ORIGINS: 'https://a.example,http://localhost:*',
        CSRF_PREVENTION: 'false',
        TOKEN_AUDIENCE: '0123',
        OPTIONAL_SUBGRAPHS: 'a,b',
        PLAN_MULTIPLIERS: 'FREE=1.50,PRO=unlimited',
        SUBGRAPH_URLS: 'a=http://a:4000/graphql',
      },
      problems: [],
    })
  })

  it('is put together from anchors', () => {
    expect(parse('limits: { depth: &many 30, aliases: *many }').texts).toEqual({ MAX_DEPTH: '30', MAX_ALIASES: '30' })
  })

  it('takes variables of the environment into its values', () => {
    const source = `
http: { host: "\${HOST_HERE}", port: "\${NO_PORT:-4002}", graphqlPath: "/\${PREFIX:-}graphql" }
tokens: { audience: "$\${HOME} costs 5$" }`
    expect(parse(source, { HOST_HERE: '::1', PREFIX: '' })).toEqual({
      texts: { HOST: '::1', PORT: '4002', GRAPHQL_PATH: '/graphql', TOKEN_AUDIENCE: '${HOME} costs 5$' },
      problems: [],
    })
  })

  it('never looks into what it has taken from the environment', () => {
    expect(parse('tokens: { audience: "${A}" }', { A: '${B}', B: 'b' }).texts).toEqual({ TOKEN_AUDIENCE: '${B}' })
  })

  it('is where relative paths in it start', () => {
    const source = 'supergraph: { path: ../graph/supergraph.graphql }\nsubgraphs: { identityKeyFile: "${KEY}" }'
    expect(parse(source, { KEY: '/run/key.json' }).texts).toEqual({
      SUPERGRAPH_PATH: resolve('/etc/graph/supergraph.graphql'),
      IDENTITY_KEY_FILE: '/run/key.json',
    })
  })

  it.each([
    ['http:\n  prot: 1', '2:3: http.prot: there is no such key; did you mean http.port?'],
    ['port: 1', '1:1: port: there is no such key; did you mean http.port?'],
    ['SUPERGRAPH_PATH: a', '1:1: SUPERGRAPH_PATH: there is no such key; SUPERGRAPH_PATH is supergraph.path here'],
    ['zzzzzz: 1', '1:1: zzzzzz: there is no such key; there are mode, logLevel, '],
    ['constructor: 1', '1:1: constructor: there is no such key'],
    ['limits: 5', '1:9: limits: must be a section with keys'],
    ['- a', '1:1: the file: must be a section with keys'],
    ['http: { host: [a] }', '1:9: http.host: must be one value'],
    ['http: { corsOrigins: ["a,b"] }', '1:9: http.corsOrigins: must be a list of values without commas'],
    ['subgraphs: { urls: [a] }', '1:14: subgraphs.urls: must be a map'],
    ['http:\n  port: ${NOPE}', '2:3: http.port: needs NOPE of the environment, which is not set'],
    ['tokens: { type: "${}" }', '1:11: tokens.type: has a ${ that is no'],
    ['http: {}\nhttp: {}', '2:1: Map keys must be unique'],
    ['http: [', '1:8: '],
    ['http: *nobody', '1:7: *nobody is no anchor of this file'],
  ])('that says %j is told where', (source, wanted) => {
    const { problems } = parse(source)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`/etc/portico/gateway.yaml:${wanted}`)
  })
})

describe('settings of the file', () => {
  it('count after options and variables, and before defaults', async () => {
    await using graph = await startFourSubgraphs()
    const file = await graph.write(
      'gateway.yaml',
      'http: { port: 1, host: "::1", graphqlPath: /file }\nsupergraph: { path: a }',
    )
    const line = parseCommandLine(['--config', file, '--port', '3'])
    const { http, supergraph } = await loadSettings(line, { PORT: '2', GRAPHQL_PATH: '/env', SUBGRAPHS_PATH: 'b' })
    expect(http).toMatchObject({ port: 3, graphqlPath: '/env', host: '::1', requestTimeoutMs: 10_000 })
    expect(supergraph.source).toEqual({ kind: 'subgraphs', file: 'b' })
  })

  it('that are mistaken are told with those of variables and files of variables, at once and where they are', async () => {
    await using graph = await startFourSubgraphs()
    const source = 'http:\n  port: 70000\nlimits: { dept: 3 }\nsubgraphs:\n  timeoutMs: soon\n'
    const file = await graph.write('gateway.yaml', source)
    const env = { CONFIG_FILE: file, LOG_LEVEL: 'loud', REDIS_URL_FILE: '/nowhere' }
    expect((await problemsOf(loadSettings(parseCommandLine([]), env))).toSorted()).toEqual(
      [
        `${file}:2:3: http.port: must be a whole number from 0 to 65535`,
        `${file}:3:11: limits.dept: there is no such key; did you mean limits.depth?`,
        `${file}:5:3: subgraphs.timeoutMs: must be a whole number of milliseconds from 1 to 3600000`,
        'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent',
        "REDIS_URL_FILE: /nowhere can't be read (ENOENT)",
      ].toSorted(),
    )
  })

  it('name the files that are missing by the line that names them', async () => {
    await using graph = await startFourSubgraphs()
    const file = await graph.write('gateway.yaml', 'supergraph:\n  path: nowhere.graphql\n')
    const { code, stderr } = await runProgramToEnd(['--config', file])
    expect(code).toBe(2)
    expect(stderr).toContain(`${file}:2:3: supergraph.path: ${join(graph.folder, 'nowhere.graphql')} can't be read`)
  })

  it('that can not be read are named by the option', async () => {
    const { code, stderr } = await runProgramToEnd(['--config', 'nowhere.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain("--config: nowhere.yaml can't be read (ENOENT)")
  })
})

describe('the example', () => {
  const FILE = join(GATEWAY, 'portico-gateway.example.yaml')

  it('names the JSON Schema that is beside it in its first line, for editors', () => {
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(FILE, 'utf8')) ?? []
    expect(JSON.parse(readFileSync(join(GATEWAY, schema), 'utf8'))).toMatchObject({ additionalProperties: false })
  })

  it('starts the gateway', async () => {
    await using program = startProgram(['--config', FILE, '--port', '0', '--admin-port', '0'])
    const { data } = await postGraphql<{ __typename: string }>(new URL('/graphql', await program.address), {
      query: '{ __typename }',
    })
    expect(data).toEqual({ __typename: 'Query' })
  })
})

async function problemsOf(loading: Promise<GatewayConfig>): Promise<readonly string[]> {
  try {
    await loading
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
