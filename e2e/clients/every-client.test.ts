import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { signAccessToken } from '@portico/users/access-tokens'
import { loadSigningKeys } from '@portico/users/signing-keys'
import { Client, fetchExchange } from '@urql/core'
import { GraphQLClient } from 'graphql-request'
import { lockTables } from '../locked-tables.ts'
import { startTestGraph, type TestGraph } from '../test-graph.ts'
import { EVERY_CLIENT, type Outcome } from './every-client.ts'
import { recordedFetch, type RecordedRequest } from './recorded-fetch.ts'

// What gives up here waits for locks and for processes, on a machine that does other things as well.
jest.setTimeout(30_000)

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

/** What applications send: the documents of `schema/operations/storefront`. */
const storefront = (name: string) =>
  readFile(join(import.meta.dirname, '../../schema/operations/storefront', `${name}.graphql`), 'utf8')

interface Session {
  accessToken: string
  refreshToken: string
}

/** A token as our users subgraph signed it an hour ago. */
async function expiredToken(): Promise<string> {
  const log = createLogger({ service: 'test', level: 'silent' })
  await using keys = await loadSigningKeys({ folder: graph.signingKeysFolder, tokenLifetimeS: 900, log })
  const tokens = {
    issuer: 'https://portico.local/users',
    audience: 'portico',
    accessLifetimeS: 900,
    refreshLifetimeS: 3600,
    signingKeysFolder: graph.signingKeysFolder,
  }
  const user = { id: '11111111-1111-4111-8111-111111111111', role: 'ADMIN', plan: 'FREE' } as const
  const { accessToken } = await signAccessToken(user, { tokens, keys, now: Date.now() - 3_600_000 })
  return accessToken
}

describe.each(EVERY_CLIENT.map((client, index) => ({ ...client, login: DEMO_LOGINS[index % 3] })))(
  '$name',
  ({ connect, login, name }) => {
    const wire = recordedFetch()
    let run: ReturnType<typeof connect>
    let session: Session | undefined
    let accessToken: string | undefined
    beforeAll(() => {
      run = connect({ url: graph.url.href, fetch: wire.fetch, accessToken: () => accessToken })
    })
    /** What was sent meanwhile. */
    async function sentDuring(act: () => Promise<Outcome>): Promise<{ outcome: Outcome; requests: RecordedRequest[] }> {
      const before = wire.requests.length
      const outcome = await act()
      return { outcome, requests: wire.requests.slice(before) }
    }

    it('signs in, and is its user from then on', async () => {
      const me = await storefront('Me')
      expect(await run(me)).toEqual({ data: { me: null }, errors: [] })

      const variables = { email: login?.email, password: DEMO_PASSWORD }
      const { data, errors } = await run(await storefront('SignIn'), { variables })
      expect(errors).toEqual([])
      session = (data as { signIn: Session }).signIn
      accessToken = session.accessToken

      expect(await run(me)).toMatchObject({ data: { me: { email: login?.email, role: 'CUSTOMER' } }, errors: [] })
    })

    it('asks with variables and fragments, across subgraphs', async () => {
      const search = await run(await storefront('ProductSearch'), { variables: { search: 'lamp', first: 2 } })
      expect(search.errors).toEqual([])
      const { products } = search.data as { products: { totalCount: number; nodes: { slug: string }[] } }
      expect(products.nodes).toHaveLength(2)

      const variables = { slug: products.nodes[0]?.slug, countryCode: 'DE', variants: 1 }
      expect(await run(await storefront('ProductPage'), { variables })).toMatchObject({
        data: { product: { variants: { edges: [{ node: { shippingEstimate: { currencyCode: 'EUR' } } }] } } },
        errors: [],
      })
    })

    it('writes, and is told of mistakes in what it wrote as data', async () => {
      const { me } = (await run(await storefront('Me'))).data as { me: { version: number; displayName: string } }
      const update = await storefront('UpdateProfile')
      const write = (displayName: string) =>
        run(update, { variables: { input: { displayName, expectedVersion: me.version } } })

      expect(await write(' ')).toMatchObject({
        data: {
          updateProfile: {
            __typename: 'ValidationError',
            code: expect.any(String),
            issues: [{ path: ['input', 'displayName'], message: expect.any(String) }],
          },
        },
        errors: [],
      })
      expect(await write(`${name}'s user`)).toMatchObject({
        data: { updateProfile: { __typename: 'User', displayName: `${name}'s user`, version: me.version + 1 } },
        errors: [],
      })
      expect(await write(me.displayName)).toMatchObject({
        data: { updateProfile: { __typename: 'ConflictError', currentVersion: me.version + 1 } },
        errors: [],
      })
    })

    it('sends the hash of a query by GET, and its text only when the gateway does not know it', async () => {
      const query = `query Newest${name.replaceAll(/\W/g, '')}($first: Int!) { products(first: $first) { nodes { id } } }`
      const newest = () => run(query, { variables: { first: 1 } })

      const first = await sentDuring(newest)
      expect(first.outcome).toMatchObject({ data: { products: { nodes: [expect.anything()] } }, errors: [] })
      expect(first.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])

      const second = await sentDuring(newest)
      expect(second.outcome).toEqual(first.outcome)
      expect(second.requests).toHaveLength(1)
      const [{ method, url, body } = { method: '', url: new URL(graph.url), body: '' }] = second.requests
      expect([method, body, url.searchParams.has('query')]).toEqual(['GET', undefined, false])
      expect(JSON.parse(url.searchParams.get('extensions') ?? '')).toMatchObject({
        persistedQuery: { version: 1, sha256Hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      })
    })

    it('gets what there is, and learns why the rest is not, while a subgraph is down', async () => {
      await graph.subgraphs.orders.stop()
      const { data, errors } = await run(
        'query Delivery { products(first: 1) { nodes { title variants(first: 1) { nodes { shippingEstimate(countryCode: "DE") { amount } } } } } }',
      )
      await graph.subgraphs.orders.start()
      expect(data).toMatchObject({
        products: { nodes: [{ title: expect.any(String), variants: { nodes: [{ shippingEstimate: null }] } }] },
      })
      expect(errors).toMatchObject([
        {
          path: ['products', 'nodes', 0, 'variants', 'nodes', 0, 'shippingEstimate'],
          extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'orders', requestId: expect.any(String) },
        },
      ])
    })

    it('learns what is wrong with a query', async () => {
      const { data, errors } = await run('query Prizes { products(first: 1) { nodes { prize } } }')
      expect(data ?? null).toBeNull()
      expect(errors).toMatchObject([
        { message: expect.stringContaining('prize'), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ])
    })

    it('learns what is wrong with its variables', async () => {
      const { data, errors } = await run(await storefront('ProductSearch'), { variables: { search: 1 } })
      expect(data ?? null).toBeNull()
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    })

    it('learns that its token has expired, and gets a new session with that token still attached', async () => {
      const me = await storefront('Me')
      accessToken = await expiredToken()
      const { outcome, requests } = await sentDuring(() => run(me))
      expect(outcome.data ?? null).toBeNull()
      expect(outcome.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
      expect(requests.at(-1)?.status).toBe(401)

      const refreshed = await run(await storefront('RefreshSession'), {
        variables: { refreshToken: session?.refreshToken },
      })
      expect(refreshed).toMatchObject({ data: { refreshSession: { __typename: 'Session' } }, errors: [] })
      accessToken = (refreshed.data as { refreshSession: Session }).refreshSession.accessToken
      expect(await run(me)).toMatchObject({ data: { me: { email: login?.email } }, errors: [] })
    })

    it('gives up a request that nobody waits for any more', async () => {
      const query = 'query Slugs { categories { slug } }'
      await run(query)
      {
        await using _locked = await lockTables(graph.databases.products)
        const logged = graph.logged().length
        const unwanted = new AbortController()
        const answer = run(query, { signal: unwanted.signal })
        const outcome = answer.then(
          () => 'answered',
          () => 'given up',
        )
        await graph.databases.products.untilSessionsWait(1)
        unwanted.abort()
        expect(await outcome).toBe('given up')
        expect(wire.requests.at(-1)?.signal?.aborted).toBe(true)
        // So does the gateway: it drops the fetch that waits for the database.
        await eventually(() => graph.logged().slice(logged).includes('"failed":{"cancelled":1}'))
      }
      expect(await run(query)).toMatchObject({ data: { categories: expect.any(Array) }, errors: [] })
    })

    it('tells that there is no gateway', async () => {
      const lost = connect({ url: 'http://127.0.0.1:9/graphql', fetch: wire.fetch, accessToken: () => undefined })
      await expect(lost('{ categories { slug } }')).rejects.toThrow(/fetch failed|No answer/)
    })
  },
)

describe('a query by GET with its text', () => {
  const QUERY = '{ categories { slug } }'
  const PREFLIGHT = { 'apollo-require-preflight': 'true' }

  it('comes from Apollo Client with what the gateway wants of it', async () => {
    const client = new ApolloClient({
      link: new HttpLink({ uri: graph.url.href, useGETForQueries: true }),
      cache: new InMemoryCache(),
    })
    const { data } = await client.query({ query: gql(QUERY) })
    expect(data).toMatchObject({ categories: expect.any(Array) })
  })

  it('comes from urql, which sends short ones so by default, once it says apollo-require-preflight', async () => {
    const ask = (headers: Record<string, string>) =>
      new Client({ url: graph.url.href, exchanges: [fetchExchange], fetchOptions: { headers } }).query(QUERY, {})
    expect((await ask({})).error?.message).toMatch(/CSRF|preflight/i)
    expect((await ask(PREFLIGHT)).data).toMatchObject({ categories: expect.any(Array) })
  })

  it('comes from graphql-request once it says apollo-require-preflight', async () => {
    const ask = (headers: Record<string, string>) =>
      new GraphQLClient(graph.url.href, { method: 'GET', headers }).request(QUERY)
    await expect(ask({})).rejects.toThrow(/CSRF|preflight/i)
    expect(await ask(PREFLIGHT)).toMatchObject({ categories: expect.any(Array) })
  })
})
