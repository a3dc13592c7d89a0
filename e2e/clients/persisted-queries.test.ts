import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { GraphqlReplyError } from '@portico/testkit/post-graphql'
import { startTestGraph, type TestGraph } from '../test-graph.ts'
import { sha256 } from './setup/persisted-fetch.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

interface Reply {
  status: number
  data?: unknown
  errors?: GraphqlReplyError[]
}

async function replyOf(response: Response): Promise<Reply> {
  return { status: response.status, ...((await response.json()) as Omit<Reply, 'status'>) }
}

/** Tells the gateway a query together with its hash, or with another one. */
async function register(query: string, sha256Hash?: string): Promise<Reply> {
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256Hash ?? (await sha256(query)) } }
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }
  return replyOf(await fetch(graph.url, { method: 'POST', headers, body: JSON.stringify({ query, extensions }) }))
}

/** Asks by hash alone. */
async function recall(sha256Hash: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) {
  const url = new URL(graph.url)
  url.searchParams.set('extensions', JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }))
  return replyOf(await fetch(url, { headers }))
}

const NOT_FOUND = [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }]

describe('a persisted query', () => {
  it('is answered by its hash once it has been sent with its text', async () => {
    const query = '{ __typename }'
    const hash = await sha256(query)
    expect(await recall(hash)).toMatchObject({ errors: NOT_FOUND })
    expect(await register(query)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
    expect(await recall(hash)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  })

  it('is not kept under the hash of another', async () => {
    const hash = await sha256('{ wanted: __typename }')
    const { status, data, errors } = await register('{ planted: __typename }', hash)
    expect([status, data]).toEqual([400, undefined])
    expect(errors).toMatchObject([
      { message: 'provided sha does not match query', extensions: { code: 'BAD_REQUEST' } },
    ])
    expect(await recall(hash)).toMatchObject({ errors: NOT_FOUND })
  })

  it('is not kept when it is not valid', async () => {
    const query = '{ nonsense }'
    expect(await register(query)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    })
    expect(await recall(await sha256(query))).toMatchObject({ errors: NOT_FOUND })
  })

  it('is not answered to a request that a browser sends for any page without asking', async () => {
    const query = '{ simple: __typename }'
    await register(query)
    const { status, data, errors } = await recall(await sha256(query), {})
    expect([status, data]).toEqual([400, undefined])
    expect(errors).toMatchObject([{ message: expect.stringMatching(/CSRF|preflight/i) }])
  })

  it('runs no mutation by GET', async () => {
    const query = 'mutation { signOut(refreshToken: "nobody") }'
    expect(await register(query)).toMatchObject({ status: 200, data: { signOut: true } })
    expect(await recall(await sha256(query))).toMatchObject({ status: 405 })
  })

  it('is forgotten, the one that was not used for longest, before they take more than 30 MiB', async () => {
    const long = (name: string) => `{ ${name}: __typename } #${'.'.repeat(1_000_000)}`
    const [first, kept] = [long('first'), long('kept')]
    for (const query of [first, kept]) expect(await register(query)).toMatchObject({ status: 200 })
    for (let megabyte = 3; megabyte <= 32; megabyte += 1) {
      await register(long(`number${megabyte}`))
      await recall(await sha256(kept))
    }
    expect(await recall(await sha256(first))).toMatchObject({ errors: NOT_FOUND })
    expect(await recall(await sha256(kept))).toMatchObject({ status: 200, data: { kept: 'Query' } })
  }, 30_000)
})
