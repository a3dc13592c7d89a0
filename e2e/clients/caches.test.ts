import { gql, type TypedDocumentNode } from '@apollo/client'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createOperationDescriptor, fetchQuery } from 'relay-runtime'
import { filter, firstValueFrom } from 'rxjs'
import { startTestGraph, type TestGraph } from '../test-graph.ts'
import { recordedFetch } from './recorded-fetch.ts'
import { relayProductList } from './relay-product-list.ts'
import { createApolloClient } from './setup/apollo-client.ts'
import type { Portico } from './setup/portico.ts'
import { createRelayEnvironment } from './setup/relay.ts'
import { createUrqlClient } from './setup/urql.ts'

let graph: TestGraph
let portico: Portico
const wire = recordedFetch()
beforeAll(async () => {
  graph = await startTestGraph()
  const accessToken = await graph.tokenOf('CUSTOMER')
  portico = { url: graph.url.href, accessToken: () => accessToken, fetch: wire.fetch }
})
afterAll(() => graph[Symbol.asyncDispose]())

interface ProductList {
  products: {
    edges: { node: { id: string; title: string } }[]
    pageInfo: { endCursor: string; hasNextPage: boolean }
  }
}
const titlesOf = ({ products }: ProductList) => products.edges.map(({ node }) => node.title)

interface Me {
  me: { id: string; displayName: string; version: number }
}
const ME = 'query Me { me { id displayName version } }'
const RENAME = `mutation Rename($input: UpdateProfileInput!) {
  updateProfile(input: $input) { __typename ... on User { id displayName version } ... on UserError { code message } }
}`

/** Titles of the first products, asked for at once. */
async function firstTitles(count: number): Promise<string[]> {
  const { data } = await graph.request<ProductList>(
    'query ($first: Int!) { products(first: $first, sort: TITLE_ASC) { edges { node { id title } } pageInfo { endCursor hasNextPage } } }',
    { first: count },
  )
  return titlesOf(data)
}

describe("Apollo Client's cache", () => {
  const PRODUCTS: TypedDocumentNode<ProductList> = gql`
    query ProductList($first: Int!, $after: String) {
      products(first: $first, after: $after, sort: TITLE_ASC) {
        edges {
          node {
            id
            title
          }
        }
        pageInfo {
          endCursor
          hasNextPage
        }
      }
    }
  `

  it('joins the pages of a connection, and then needs the gateway for none of them', async () => {
    const client = createApolloClient(portico)
    const list = client.watchQuery({ query: PRODUCTS, variables: { first: 2 } })
    const first = await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === 'complete')))
    await list.fetchMore({ variables: { after: (first.data as ProductList).products.pageInfo.endCursor } })

    const asked = wire.requests.length
    const { data } = await client.query({ query: PRODUCTS, variables: { first: 2 } })
    expect(data && titlesOf(data)).toEqual(await firstTitles(4))
    expect(wire.requests).toHaveLength(asked)
    client.stop()
  })

  it('shows what a mutation changed wherever it is shown, also when it is a member of a union', async () => {
    const client = createApolloClient(portico)
    const query: TypedDocumentNode<Me> = gql(ME)
    const { data: before } = await client.query({ query })
    const input = { displayName: 'Renamed by Apollo', expectedVersion: before?.me.version }
    const asked = wire.requests.length
    await client.mutate({ mutation: gql(RENAME), variables: { input } })
    const { data: after } = await client.query({ query })
    expect(after?.me.displayName).toBe('Renamed by Apollo')
    expect(wire.requests.slice(asked).filter(({ method }) => method === 'GET')).toEqual([])

    const refused = await client.mutate({ mutation: gql(RENAME), variables: { input } })
    expect(refused.data).toMatchObject({
      updateProfile: { __typename: 'ConflictError', code: expect.any(String), message: expect.any(String) },
    })
    client.stop()
  })
})

describe("Relay's store", () => {
  it('joins the pages of a connection', async () => {
    const environment = createRelayEnvironment(portico)
    const first = createOperationDescriptor(relayProductList, { first: 2, after: null })
    const retained = environment.retain(first)
    const shown = () => environment.lookup(first.fragment).data?.['products'] as ProductList['products']
    await fetchQuery(environment, relayProductList, { first: 2, after: null }).toPromise()
    expect(titlesOf({ products: shown() })).toEqual(await firstTitles(2))

    const after = shown().pageInfo.endCursor
    await fetchQuery(environment, relayProductList, { first: 3, after }).toPromise()
    expect(titlesOf({ products: shown() })).toEqual(await firstTitles(5))
    expect(shown().pageInfo.hasNextPage).toBe(true)
    expect(environment.check(first).status).toBe('available')
    retained.dispose()
  })
})

describe("Relay's environment", () => {
  it('rejects an answer without data, and tells why there is none', async () => {
    const environment = createRelayEnvironment({ ...portico, accessToken: () => 'worthless' })
    await expect(fetchQuery(environment, relayProductList, { first: 2 }).toPromise()).rejects.toMatchObject({
      source: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    })
  })
})

describe("urql's document cache", () => {
  it('asks once for what it has, and again after a mutation of the same type', async () => {
    const client = createUrqlClient(portico)
    const before = await client.query<Me>(ME, {})
    const asked = wire.requests.length
    await client.query<Me>(ME, {})
    expect(wire.requests).toHaveLength(asked)

    const input = { displayName: 'Renamed by urql', expectedVersion: before.data?.me.version }
    await client.mutation(RENAME, { input })
    const after = await client.query<Me>(ME, {})
    expect(after.data?.me.displayName).toBe('Renamed by urql')
    expect(wire.requests.slice(asked).map(({ method }) => method)).toEqual(['POST', 'GET'])
  })
})
