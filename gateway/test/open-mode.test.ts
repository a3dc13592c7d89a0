import { constants } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { loadConfig } from '../src/config.ts'
import { parseCommandLine } from '../src/cli/options.ts'
import { loadSettings } from '../src/cli/settings.ts'
import { startFourSubgraphs, startProgram, type FourSubgraphs, type Program } from './program.ts'

jest.setTimeout(60_000)

const DEEP = `{ __schema { types { fields { type { ${'ofType { '.repeat(25)}name${' }'.repeat(25)} } } } } }`
const MANY_TOKENS = `{ ${Array.from({ length: 8000 }, (_, index) => `a${index}: ping`).join(' ')} }`

describe('a gateway in open mode', () => {
  let graph: FourSubgraphs
  let programs: { open: Program; usual: Program }
  let urls: { open: URL; usual: URL }

  beforeAll(async () => {
    graph = await startFourSubgraphs()
    const args = ['--supergraph', graph.supergraphFile, '--port', '0', '--admin-port', '0']
    // Whatever else is set: a key and an issuer that are not there would each be a mistake or a 401.
    const env = {
      JWKS_URL: 'http://127.0.0.1:9/jwks.json',
      IDENTITY_KEY_FILE: '/nowhere',
      INTROSPECTION: 'false',
      HOST: '0.0.0.0',
    }
    programs = { open: startProgram([...args, '--open'], { env }), usual: startProgram(args) }
    const [open, usual] = await Promise.all([programs.open.address, programs.usual.address])
    urls = { open: new URL('/graphql', open), usual: new URL('/graphql', usual) }
  })
  afterAll(async () => {
    await programs.open[Symbol.asyncDispose]()
    await programs.usual[Symbol.asyncDispose]()
    await graph[Symbol.asyncDispose]()
  })

  it('answers what needs a signed-in viewer and scopes, to everyone', async () => {
    const { data, errors } = await postGraphql(urls.open, { query: '{ secret scoped }' })
    expect({ data, errors }).toEqual({ data: { secret: 'told', scoped: 'told' }, errors: [] })
    expect((await postGraphql(urls.usual, { query: '{ secret }' })).data).toEqual({ secret: null })
  })

  it('takes no notice of tokens, and sends no signed identity', async () => {
    graph.fetches.length = 0
    const { status } = await postGraphql(urls.open, { query: '{ ping }' }, { authorization: 'Bearer forged' })
    expect(status).toBe(200)
    expect(graph.fetches.map((headers) => Object.keys(headers).filter((name) => name.includes('identity')))).toEqual([
      [],
    ])
  })

  it('shows its schema', async () => {
    const query = '{ __schema { queryType { name } } }'
    expect((await postGraphql(urls.open, { query })).data).toEqual({ __schema: { queryType: { name: 'Query' } } })
    expect((await postGraphql(urls.usual, { query })).errors).toHaveLength(1)
  })

  it('answers documents of any depth, size and number of aliases', async () => {
    expect((await postGraphql(urls.open, { query: DEEP })).errors).toEqual([])
    expect((await postGraphql<object>(urls.open, { query: MANY_TOKENS })).data).toHaveProperty('a7999')
    const { errors } = await postGraphql(urls.usual, { query: MANY_TOKENS })
    expect(errors[0]?.extensions['code']).toBe('LIMIT_EXCEEDED')
  })

  it.each([
    ['lists', '['.repeat(40_000) + ']'.repeat(40_000)],
    ['lists that can be walked, and not be written', '['.repeat(5000) + ']'.repeat(5000)],
    ['objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['objects with a number of many digits', `${'{"a":'.repeat(5000)}9007199254740993${'}'.repeat(5000)}`],
  ])('refuses variables that no stack has room for: %s', async (what, value) => {
    const body = `{"query":"query ($any: Any) { take(any: $any) } # ${what}","variables":{"any":${value}}}`
    for (let time = 0; time < 2; time += 1) {
      const response = await fetch(urls.open, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body,
      })
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] })
      expect(response.status).toBe(400)
    }
  })

  it('reads no body that is too long for a string', () => {
    const { limits } = loadConfig({ SUPERGRAPH_PATH: 'a.graphql', OPEN_MODE: 'true' })
    expect(limits.bodyBytes).toBeLessThan(constants.MAX_STRING_LENGTH)
  })

  it('answers what browsers send without asking first', async () => {
    const path = '?query={ping}'
    expect((await fetch(new URL(path, urls.open))).status).toBe(200)
    expect((await fetch(new URL(path, urls.usual))).status).toBe(400)
  })

  it('listens on loopback, whatever a variable has always said', () => {
    expect(urls.open.hostname).toBe('127.0.0.1')
  })

  it('says so loudly on standard error, once', async () => {
    await using open = startProgram([
      '--supergraph',
      graph.supergraphFile,
      '--port',
      '0',
      '--admin-port',
      '0',
      '--open',
    ])
    await open.address
    open.child.kill('SIGTERM')
    const { code, stderr } = await open.ended
    expect(code).toBe(0)
    expect(stderr.match(/OPEN MODE: for trusted benchmarks and audits only/g)).toHaveLength(1)
    expect(stderr.split('\n').length).toBeGreaterThan(5)
  })
})

describe('open mode', () => {
  const open = { SUPERGRAPH_PATH: 'a', OPEN_MODE: 'true' }

  it('listens on a network only for an option that says so now', async () => {
    const hostOf = async (args: string[], env = {}) =>
      (await loadSettings(parseCommandLine(args), { SUPERGRAPH_PATH: 'a', ...env })).http.host
    expect(await hostOf(['--open'], { HOST: '0.0.0.0' })).toBe('127.0.0.1')
    expect(await hostOf([], { HOST: '0.0.0.0', OPEN_MODE: 'true' })).toBe('127.0.0.1')
    expect(await hostOf(['--open', '--host', '0.0.0.0'])).toBe('0.0.0.0')
    expect(await hostOf([], { HOST: '0.0.0.0' })).toBe('0.0.0.0')
  })

  it('switches off what it says, and leaves timeouts, bounds of subgraphs, CORS and masked errors alone', () => {
    const [before, after] = [loadConfig({ SUPERGRAPH_PATH: 'a' }), loadConfig({ ...open, REDIS_URL: 'redis://a' })]
    expect(after.limits.tokens).toBe(Infinity)
    expect(new Set(Object.values(after.limits.document))).toEqual(new Set([Infinity]))
    expect(after.rateLimits).toMatchObject({ enforced: false, redis: undefined })
    expect(after.trust).toMatchObject({ enforced: false, tokens: undefined, identityKeyFile: undefined })
    expect(after.exposure).toEqual({ ...before.exposure, introspection: true, csrfPrevention: false })
    expect(after.http).toEqual(before.http)
    expect(after.supergraph).toEqual(before.supergraph)
    expect(after.health).toEqual({ ...before.health, drainDelayMs: 0 })
    expect(loadConfig({ ...open, DRAIN_DELAY_MS: '7' }).health.drainDelayMs).toBe(7)
  })

  it('logs one warning, in place of one for each thing that is off', () => {
    expect(loadConfig(open).warnings).toEqual([expect.stringMatching(/^OPEN MODE: /)])
  })
})
