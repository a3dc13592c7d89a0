import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTestGraph, type TestGraph } from './test-graph.ts'

const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { ... on Session { accessToken } ... on UserError { code } }
}`

interface SignedIn {
  signIn: { accessToken?: string; code?: string } | null
}

/** How many lists of products one operation asks for. */
const LISTS = 20
const LIST_PRODUCTS = `{ ${Array.from({ length: LISTS }, (_, n) => `l${n}: products(first: 1) { nodes { id } }`).join(' ')} }`

describe('the limits of the graph', () => {
  let graph: TestGraph
  beforeAll(async () => {
    graph = await startTestGraph({
      RATE_LIMITS: 'true',
      PLAN_MULTIPLIERS: 'FREE=1,PRO=2,ENTERPRISE=unlimited',
      TRUSTED_PROXIES: 'loopback',
    })
  })
  afterAll(async () => {
    await graph[Symbol.asyncDispose]()
  })

  const signIn = (email: string, from: string, password = DEMO_PASSWORD) =>
    postGraphql<SignedIn>(graph.url, { query: SIGN_IN, variables: { email, password } }, { 'x-forwarded-for': from })

  async function tokenOf(plan: string): Promise<string> {
    const login = DEMO_LOGINS.find((candidate) => candidate.plan === plan)
    const { data } = await signIn(login?.email ?? '', '203.0.113.1')
    return data.signIn?.accessToken ?? ''
  }

  it('let ten sign-ins a minute in from one address, whoever it tries to be, and others from elsewhere', async () => {
    const from = '203.0.113.66'
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const { data } = await signIn(`victim-${attempt}@example.com`, from, 'a guess')
      expect(data.signIn).toEqual({ code: 'INVALID_CREDENTIALS' })
    }
    const login = DEMO_LOGINS[0]?.email ?? ''
    const refused = await signIn(login, from)
    expect(refused.status).toBe(429)
    expect(refused.data).toEqual({ signIn: null })
    expect(refused.errors).toMatchObject([{ path: ['signIn'], extensions: { code: 'RATE_LIMITED' } }])
    const retryAfter = Number(refused.headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(60)
    expect((await signIn(login, '203.0.113.67')).data.signIn?.accessToken).toMatch(/^ey/)
  })

  it('do not let more guesses in as aliases of one request', async () => {
    const guesses = Array.from(
      { length: 15 },
      (_, n) => `g${n}: signIn(email: "x${n}@example.com", password: "${n}") { __typename }`,
    )
    const { status, data, errors } = await postGraphql<Record<string, unknown>>(
      graph.url,
      { query: `mutation { ${guesses.join(' ')} }` },
      { 'x-forwarded-for': '203.0.113.99' },
    )
    expect(status).toBe(200)
    expect(Object.values(data).filter((result) => result !== null)).toHaveLength(10)
    expect(errors.map(({ path }) => path)).toEqual(['g10', 'g11', 'g12', 'g13', 'g14'].map((name) => [name]))
  })

  it('answer 429 too when it is users that lets nobody try an email for a while', async () => {
    const guess = (attempt: number) => signIn('often@example.com', `203.0.113.${100 + attempt}`, 'a guess')
    let reply = await guess(0)
    for (let attempt = 1; reply.errors.length === 0 && attempt < 20; attempt += 1) reply = await guess(attempt)
    expect(reply).toMatchObject({ status: 429, data: { signIn: null } })
    expect(reply.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', subgraph: 'users' } }])
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it.each([
    ['FREE', 120],
    ['PRO', 240],
  ])('let a customer with the plan %s list products %i times a minute', async (plan, limit) => {
    const token = await tokenOf(plan)
    for (let count = 0; count < limit; count += LISTS) {
      expect((await graph.request(LIST_PRODUCTS, {}, token)).errors).toEqual([])
    }
    const { status, errors } = await graph.request<object>(LIST_PRODUCTS, {}, token)
    expect(status).toBe(429)
    expect(errors).toHaveLength(LISTS)
    const other = await graph.request('{ products(first: 1) { nodes { id } } me { displayName } }', {}, token)
    expect(other).toMatchObject({ status: 200, data: { products: null, me: { displayName: expect.any(String) } } })
  })

  it('do not bind a customer with the plan ENTERPRISE', async () => {
    const token = await tokenOf('ENTERPRISE')
    for (let count = 0; count < 300; count += LISTS) {
      expect((await graph.request(LIST_PRODUCTS, {}, token)).errors).toEqual([])
    }
  })
})
