import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'
import { AUDIENCE, bearer, ISSUER, startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

const SHOP = {
  sdl: 'type Query { name: String slow: String } type Mutation { buy: Int signIn: Int }',
  resolvers: {
    Query: { name: () => 'shop', slow: () => new Promise(() => undefined) },
    Mutation: { buy: () => 1, signIn: () => 2 },
  },
}

describe('while the issuer of tokens is slow', () => {
  let issuer: TokenIssuer
  let authorization: string
  beforeEach(async () => {
    issuer = await startTokenIssuer()
    authorization = await bearer(issuer.key)
    issuer.delayMs = 1500
  })
  afterEach(async () => {
    await issuer[Symbol.asyncDispose]()
  })

  const start = (env: Record<string, string>) =>
    startTinyGraph(
      { shop: SHOP },
      { JWKS_URL: issuer.jwksUrl.href, TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: AUDIENCE, ...env },
    )
  const lineOf = (graph: TinyGraph) => graph.logged.find(({ msg }) => msg === 'request')

  it.each(['{ name }', 'mutation { signIn }'])(
    'a request has no more time than otherwise, and nothing is executed that came too late: %s',
    async (query) => {
      await using graph = await start({ REQUEST_TIMEOUT_MS: '300' })
      const { status, errors } = await postGraphql(graph.url, { query }, { authorization })
      expect([status, errors]).toMatchObject([504, [{ extensions: { code: 'REQUEST_TIMEOUT' } }]])
      await eventually(() => lineOf(graph) !== undefined)
      expect(lineOf(graph)?.['durationMs']).toBeLessThan(1400)
      expect(graph.requests).toEqual([])
    },
  )

  it('nothing is executed for a client that is gone by then', async () => {
    await using graph = await start({})
    const leaving = new AbortController()
    const request = fetch(graph.url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { buy }' }),
      signal: leaving.signal,
    })
    await eventually(() => issuer.asked.length > 0)
    leaving.abort()
    await expect(request).rejects.toThrow('aborted')
    // The keys are there by now, and the next request with them shows that the first could have been executed.
    expect((await postGraphql(graph.url, { query: '{ name }' }, { authorization })).data).toEqual({ name: 'shop' })
    expect(graph.requests.map(({ query }) => query)).toEqual(['{name}'])
  })
})

describe('the time of a request', () => {
  it('leaves no timer behind once it has been answered', async () => {
    await using graph = await startTinyGraph(
      { shop: SHOP },
      { REQUEST_TIMEOUT_MS: '3600000', SUBGRAPH_TIMEOUT_MS: '3600000' },
    )
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    await postGraphql(graph.url, { query: '{ name }' })
    const before = timers()
    for (let time = 0; time < 30; time += 1) await postGraphql(graph.url, { query: '{ name }' })
    // Others come and go, such as those of probes.
    await eventually(() => timers() < before + 15)
    expect(timers()).toBeLessThan(before + 15)
  })

  it('is told apart from that of one subgraph', async () => {
    await using whole = await startTinyGraph({ shop: SHOP }, { REQUEST_TIMEOUT_MS: '200' })
    await using one = await startTinyGraph({ shop: SHOP }, { SUBGRAPH_TIMEOUT_MS: '200' })
    const codeOf = async ({ url }: TinyGraph) =>
      (await postGraphql(url, { query: '{ slow }' })).errors[0]?.extensions?.['code']
    expect([await codeOf(whole), await codeOf(one)]).toEqual(['REQUEST_TIMEOUT', 'SUBGRAPH_TIMEOUT'])
  })
})
