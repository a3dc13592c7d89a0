import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { createSigningKey, loadSigningKeys } from '@portico/users/signing-keys'
import { createLogger } from '@portico/service-kit/logger'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { startTestGraph, type TestGraph } from './test-graph.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

const unauthorized = (...path: (string | number)[]) => ({
  message: 'Unauthorized field or type',
  path,
  extensions: expect.objectContaining({ code: 'UNAUTHORIZED_FIELD_OR_TYPE' }),
})

const CLAIMS = { scope: 'users:read users:admin', roles: ['ADMIN'], plan: 'FREE' }

/** A token with a good shape, signed by a key that nobody published. */
async function forge(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-forged-'))
  try {
    await createSigningKey(folder, new Date(0))
    const log = createLogger({ service: 'test', level: 'silent' })
    await using keys = await loadSigningKeys({ folder, tokenLifetimeS: 900, log })
    const { kid, key } = keys.current()
    return await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setIssuer('https://portico.local/users')
      .setAudience('portico')
      .setSubject('11111111-1111-4111-8111-111111111111')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function unsigned(): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { ...CLAIMS, iss: 'https://portico.local/users', aud: 'portico', sub: 'x', exp: 9_999_999_999 }
  return `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims)}.`
}

async function tampered(): Promise<string> {
  const [header, payload = '', signature] = (await graph.tokenOf('CUSTOMER')).split('.')
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const raised = { ...(claims as object), scope: CLAIMS.scope }
  return [header, Buffer.from(JSON.stringify(raised)).toString('base64url'), signature].join('.')
}

describe('a bearer token', () => {
  it('makes its user the viewer', async () => {
    const { data } = await graph.request('{ me { email } }', {}, await graph.tokenOf('SUPPORT'))
    expect(data).toEqual({ me: { email: DEMO_LOGINS.find(({ role }) => role === 'SUPPORT')?.email } })
  })

  it('is not needed', async () => {
    const { status, data, errors } = await graph.request('{ me { email } products(first: 1) { nodes { id } } }')
    expect(status).toBe(200)
    expect(errors).toEqual([])
    expect(data).toMatchObject({ me: null, products: { nodes: [expect.anything()] } })
  })

  it.each([
    ['forged', forge],
    ['unsigned', async () => unsigned()],
    ['tampered with', tampered],
    ['no token at all', async () => 'nonsense'],
  ])('that is %s is refused with 401 and nothing is executed', async (_, make) => {
    const token = await make()
    const logged = graph.logged().length
    const statements = await graph.statementsDuring(async () => {
      const reply = await graph.request('{ products(first: 1) { nodes { id } } }', {}, token)
      expect(reply.status).toBe(401)
      expect(reply.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      expect(reply.data).toBeUndefined()
      const requestId = reply.headers.get('x-request-id')
      expect(reply.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', requestId } }])
    })
    expect(statements).toEqual([])
    expect(graph.logged().slice(logged)).not.toContain(token)
  })

  it('that is worth nothing does not keep anyone from signing in', async () => {
    const signIn =
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { __typename } }'
    const variables = { email: DEMO_LOGINS[0]?.email, password: DEMO_PASSWORD }
    const { status, data } = await graph.request(signIn, variables, await forge())
    expect(status).toBe(200)
    expect(data).toEqual({ signIn: { __typename: 'Session' } })

    const more = signIn.replace('signIn(', 'signOut(refreshToken: "x") addAddress(input: {}) signIn(')
    const refused = await graph.request(
      more.replace('addAddress(input: {})', 'removeAddress(id: "1") { __typename }'),
      variables,
      await forge(),
    )
    expect(refused.status).toBe(401)
  })
})

describe('what a viewer may not see', () => {
  it('is null with an error that has its path, and the rest is answered', async () => {
    const { status, data, errors } = await graph.request('{ users { totalCount } categories { slug } }')
    expect(status).toBe(200)
    expect(data).toMatchObject({ users: null, categories: expect.any(Array) })
    expect(errors).toMatchObject([
      {
        path: ['users'],
        extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE', requestId: expect.any(String) },
      },
    ])
  })

  it('does not exist for a customer when it is the order of another', async () => {
    const staff = await graph.tokenOf('SUPPORT')
    const { data } = await graph.request<{ orders: { nodes: { id: string; customer: { id: string } }[] } }>(
      '{ orders(first: 20) { nodes { id customer { id } } } }',
      {},
      staff,
    )
    const customer = await graph.tokenOf('CUSTOMER')
    const me = await graph.request<{ me: { id: string } }>('{ me { id } }', {}, customer)
    const foreign = data.orders.nodes.find((order) => order.customer.id !== me.data.me.id)
    const { data: seen, errors } = await graph.request(
      'query ($id: ID!) { order(id: $id) { id } }',
      { id: foreign?.id },
      customer,
    )
    expect(seen).toEqual({ order: null })
    expect(errors).toEqual([])
  })
})

describe('what the schema protects', () => {
  it('is not asked for, so that it is refused while its subgraph is down, and the rest is answered', async () => {
    await graph.subgraphs.orders.stop()
    try {
      const { status, data, errors } = await graph.request(/* GraphQL */ `
        {
          categories {
            slug
          }
          orders {
            nodes {
              number
            }
          }
          products(first: 1) {
            nodes {
              variants(first: 1) {
                nodes {
                  sku
                  unitsSold
                }
              }
            }
          }
        }
      `)
      expect(status).toBe(200)
      expect(data).toMatchObject({
        categories: expect.arrayContaining([{ slug: expect.any(String) }]),
        orders: null,
        products: { nodes: [{ variants: { nodes: [{ sku: expect.any(String), unitsSold: null }] } }] },
      })
      expect(errors).toMatchObject([
        unauthorized('orders'),
        unauthorized('products', 'nodes', 0, 'variants', 'nodes', 0, 'unitsSold'),
      ])
    } finally {
      await graph.subgraphs.orders.start()
    }
  })

  it.each([
    '{ users { totalCount } }',
    '{ user(id: "1") { displayName } }',
    '{ orders { nodes { number } } order(number: "1") { total { amount } } }',
    'mutation { setUserRole(userId: "1", role: ADMIN, expectedVersion: 1) { __typename } }',
    'mutation { removeAddress(id: "1") { __typename } }',
  ])('costs no statement when there is nothing else: %s', async (query) => {
    const statements = await graph.statementsDuring(async () => {
      const { status, data, errors } = await graph.request(query)
      expect(status).toBe(200)
      expect(new Set(Object.values(data as object))).toEqual(new Set([null]))
      expect(errors).toHaveLength(Object.keys(data as object).length)
    })
    expect(statements).toEqual([])
  })

  it('is for those whose token has the scope, and their scopes are not those of the next', async () => {
    const query =
      '{ products(first: 1) { nodes { variants(first: 1) { nodes { inventory { available reserved } } } } } }'
    const reserved = async (role?: 'CUSTOMER' | 'CATALOG_MANAGER') => {
      const { data, errors } = await graph.request(query, {}, role && (await graph.tokenOf(role)))
      return { text: JSON.stringify(data), errors }
    }
    const withheld = {
      text: expect.stringContaining('"reserved":null'),
      errors: [{ message: 'Unauthorized field or type' }],
    }
    expect(await reserved()).toMatchObject(withheld)
    expect(await reserved('CATALOG_MANAGER')).toEqual({ text: expect.stringMatching(/"reserved":\d/), errors: [] })
    expect(await reserved('CUSTOMER')).toMatchObject(withheld)
  })

  it('of oneself is for oneself', async () => {
    const query = '{ me { displayName email addresses { id } } }'
    expect(await graph.request(query)).toMatchObject({ data: { me: null }, errors: [] })
    const { data, errors } = await graph.request(query, {}, await graph.tokenOf('CUSTOMER'))
    expect(errors).toEqual([])
    expect(data).toMatchObject({ me: { email: expect.any(String), addresses: expect.any(Array) } })
  })
})
