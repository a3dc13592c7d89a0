import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createEnvelopeSigner, IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { createTestIdentity } from '@portico/testkit/identity'
import { postGraphql } from '@portico/testkit/post-graphql'
import { admin } from '@portico/testkit/viewers'
import type { JWK } from 'jose'
import { startTestGraph, type SubgraphName, type TestGraph } from './test-graph.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

const ADMIN: SignedInViewer = admin()

/** What an intruder would like to run on each, if only as nobody. */
const OPERATIONS: Readonly<Record<SubgraphName, readonly string[]>> = {
  users: [
    '{ users(first: 100) { nodes { email } } }',
    'mutation { signIn(email: "admin@example.com", password: "a guess") { __typename } }',
    '{ _service { sdl } }',
  ],
  products: [
    '{ products(first: 1) { nodes { id } } }',
    'mutation { adjustInventory(sku: "x", delta: 1, reason: "x", idempotencyKey: "x") { __typename } }',
    '{ _service { sdl } }',
  ],
  orders: [
    '{ orders(first: 100) { nodes { number } } }',
    '{ _entities(representations: [{ __typename: "User", id: "1" }]) { ... on User { lifetimeSpend { amount } } } }',
    '{ _service { sdl } }',
  ],
}
const NAMES = Object.keys(OPERATIONS) as SubgraphName[]

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Envelopes that are none, by what is wrong with them; undefined is no header at all. */
const ENVELOPES: Readonly<Record<string, (subgraph: SubgraphName) => Promise<string | undefined>>> = {
  'no envelope': async () => undefined,
  'an envelope signed by a key of their own': async (subgraph) => {
    await using stranger = await createTestIdentity()
    return await stranger.signer.sign(ADMIN, subgraph)
  },
  'an envelope signed by a key of their own under the name of ours': async (subgraph) => {
    await using stranger = await createTestIdentity()
    const { kid } = (await readJson(graph.identity.privateKeyFile)) as JWK
    const key = { ...((await readJson(stranger.privateKeyFile)) as JWK), ...(kid === undefined ? {} : { kid }) }
    return await (await createEnvelopeSigner(key)).sign(ADMIN, subgraph)
  },
  'our envelope for another subgraph': async (subgraph) =>
    graph.identity.signer.sign(ADMIN, NAMES.find((name) => name !== subgraph) ?? ''),
  'our envelope of a minute ago': async (subgraph) => {
    const key = (await readJson(graph.identity.privateKeyFile)) as JWK
    return (await createEnvelopeSigner(key, () => Date.now() - 60_000)).sign(ADMIN, subgraph)
  },
  'our envelope without its signature': async (subgraph) => {
    const [, payload] = (await graph.identity.signer.sign(ADMIN, subgraph)).split('.')
    return `${encode({ alg: 'none' })}.${payload}.`
  },
  'our envelope signed anew with what is public': async (subgraph) => {
    const [header = '', payload] = (await graph.identity.signer.sign(ADMIN, subgraph)).split('.')
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
    const unsigned = `${encode({ alg: 'HS256', kid })}.${payload}`
    const secret = await readFile(graph.identity.publicKeysFile)
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`
  },
  'the access token of an administrator': () => graph.tokenOf('ADMIN'),
}

describe.each(NAMES)('%s, called without the gateway', (subgraph) => {
  it.each(Object.entries(ENVELOPES))('with %s, answers 401 and executes nothing', async (_, make) => {
    const envelope = await make(subgraph)
    const statements = await graph.statementsDuring(async () => {
      for (const query of OPERATIONS[subgraph]) {
        const headers = envelope === undefined ? {} : { [IDENTITY_HEADER]: envelope }
        const { status, data, errors } = await postGraphql(graph.subgraphs[subgraph].url, { query }, headers)
        expect(status).toBe(401)
        expect(data).toBeUndefined()
        expect(errors).toMatchObject([{ extensions: { code: 'UNTRUSTED_CALLER' } }])
      }
    })
    expect(statements).toEqual([])
  })

  it('would have answered its gateway', async () => {
    const envelope = await graph.identity.signer.sign(ADMIN, subgraph)
    const { status, errors } = await postGraphql(
      graph.subgraphs[subgraph].url,
      { query: '{ __typename }' },
      { [IDENTITY_HEADER]: envelope },
    )
    expect({ status, errors }).toEqual({ status: 200, errors: [] })
  })
})

describe('an envelope that a client sends to the gateway', () => {
  it('is worth nothing, even a genuine one', async () => {
    const envelope = await graph.identity.signer.sign(ADMIN, 'users')
    const { data, errors } = await postGraphql(
      graph.url,
      { query: '{ me { id } users(first: 1) { nodes { email } } }' },
      { [IDENTITY_HEADER]: envelope },
    )
    expect(data).toEqual({ me: null, users: null })
    expect(errors).toMatchObject([{ path: ['users'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
  })

  it('is no bearer token either', async () => {
    const envelope = await graph.identity.signer.sign(ADMIN, 'users')
    const { status, errors } = await graph.request('{ me { id } }', {}, envelope)
    expect(status).toBe(401)
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })
})
