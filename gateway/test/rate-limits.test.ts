import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { RATE_LIMIT } from './rate-limited-schema.ts'
import { startTinyGraph, type TinyGraph, type TinySubgraph } from './tiny-graph.ts'
import { bearer, startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { tokenTrustOf } from './viewer-requests.ts'

const SHOP: TinySubgraph = {
  sdl: `${RATE_LIMIT}
    type Query {
      search(ids: [ID!]): String @rateLimit(limit: 3, duration: 60)
      rare: String @rateLimit(limit: 1, duration: 600)
      strict: String! @rateLimit(limit: 1)
      secret: String @authenticated @rateLimit(limit: 1)
      outer: Outer @rateLimit(limit: 1)
      other: Outer
      list: [Item!] @listSize(assumedSize: 4)
      media: [Media]
      nothing: String
      # Times a plan's multiplier it is more than an Int.
      plenty: String @rateLimit(limit: 1000000000)
      free: String
    }
    type Mutation {
      signIn(email: String): String @rateLimit(limit: 2, duration: 30, scope: ADDRESS)
      changePassword: String @rateLimit(limit: 2)
      rename: String @rateLimit(limit: 2, scope: ADDRESS)
    }
    type Outer { inner: String @rateLimit(limit: 1) }
    type Item { limited: String @rateLimit(limit: 9) }
    interface Media { title: String }
    type Film implements Media { title: String @rateLimit(limit: 1) }
    type Song implements Media { title: String }
    type Account @rateLimit(limit: 1) { name: String, mail: String, phone: String @rateLimit(limit: 2) }
    extend type Query { account: Account }
  `,
  resolvers: {
    Query: {
      search: () => 'found',
      rare: () => 'rare',
      strict: () => 'strict',
      secret: () => 'secret',
      outer: () => ({ inner: 'inner' }),
      other: () => ({ inner: 'inner' }),
      list: () => [{ limited: 'a' }, { limited: 'b' }],
      media: () => [
        { __typename: 'Film', title: 'Film' },
        { __typename: 'Song', title: 'Song' },
      ],
      nothing: () => null,
      free: () => 'free',
      account: () => ({ name: 'n', mail: 'm', phone: 'p' }),
    },
    Mutation: { signIn: () => 'in', changePassword: () => 'changed', rename: () => 'renamed' },
  },
}

/** Who asks: a viewer with a plan, or nobody, from an address that a proxy tells. */
interface Asker {
  sub?: string
  plan?: string
  from?: string
}

let issuer: TokenIssuer
beforeAll(async () => {
  issuer = await startTokenIssuer()
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

const startShop = (env: Record<string, string> = {}) =>
  startTinyGraph({ shop: SHOP }, { ...tokenTrustOf(issuer), TOKEN_PLAN_CLAIM: 'plan', ...env })

async function ask({ url, requests }: TinyGraph, query: string, { sub, plan, from }: Asker = {}) {
  const before = requests.length
  const { status, headers, data, errors } = await postGraphql<Record<string, unknown> | null>(
    url,
    { query },
    {
      ...(sub === undefined ? {} : { authorization: await bearer(issuer.key, { claims: { sub, plan } }) }),
      ...(from === undefined ? {} : { 'x-forwarded-for': from }),
    },
  )
  const asked = requests.slice(before).map((request) => request.query)
  return { status, retryAfter: headers.get('retry-after'), data, errors, asked }
}

/** How many of `times` requests one after the other were answered. */
async function answered(graph: TinyGraph, query: string, times: number, asker: Asker = {}): Promise<number> {
  let count = 0
  for (let time = 0; time < times; time += 1) if ((await ask(graph, query, asker)).errors.length === 0) count += 1
  return count
}

const limited = (path: (string | number)[], retryAfterMs: unknown = expect.any(Number)) => ({
  message: expect.stringContaining('limited to'),
  path,
  extensions: expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs }),
})

describe('a limited field', () => {
  it('is null with an error over its limit, and never fetched, while the rest of the operation is answered', async () => {
    await using graph = await startShop()
    expect(await ask(graph, '{ search free }')).toMatchObject({ data: { search: 'found', free: 'free' }, errors: [] })
    const { status, retryAfter, data, errors, asked } = await ask(graph, '{ a: search free b: search c: search }')
    expect({ status, retryAfter }).toEqual({ status: 200, retryAfter: null })
    expect(data).toEqual({ a: 'found', free: 'free', b: 'found', c: null })
    expect(errors).toMatchObject([limited(['c'])])
    expect(errors[0]?.message).toMatch(/^Query\.search is limited to 3 points in 60 s; try again in (60|5\d) s\.$/)
    expect(errors[0]?.extensions['retryAfterMs']).toBeLessThanOrEqual(60_000)
    expect(asked).toHaveLength(1)
    expect(asked[0]).not.toMatch(/c:/)
  })

  it('costs the entries of a list argument, and says that no waiting helps when they are more than its limit', async () => {
    await using graph = await startShop()
    const tooMuch = await ask(graph, '{ search(ids: [1, 2, 3, 4]) free }')
    expect(tooMuch.data).toEqual({ search: null, free: 'free' })
    expect(tooMuch.errors).toMatchObject([
      {
        message:
          'Query.search costs 4 points here, and its limit is 3 points in 60 s: no waiting helps, ask for fewer entries at once.',
        path: ['search'],
        extensions: { code: 'LIMIT_EXCEEDED', limit: 'rateLimit', maximum: 3 },
      },
    ])
    expect(tooMuch.errors[0]?.extensions).not.toHaveProperty('retryAfterMs')
    const others = await ask(graph, '{ a: search(ids: [1, 2, 3, 4]) b: search(ids: [1, 2]) }')
    expect(others.data).toEqual({ a: null, b: 'found' })
    expect(others.errors).toMatchObject([{ path: ['a'], extensions: { code: 'LIMIT_EXCEEDED' } }])
    expect((await ask(graph, '{ search(ids: [1, 2]) }')).errors).toMatchObject([limited(['search'])])
  })

  it('is answered as often as it fits, and charged for no more than would fit into a whole window', async () => {
    await using graph = await startShop()
    const query = '{ a: search(ids: [1, 2]) b: search(ids: [1, 2]) c: search }'
    const { data, errors } = await ask(graph, query)
    expect(data).toEqual({ a: 'found', b: null, c: null })
    expect(errors).toMatchObject([limited(['b']), limited(['c'])])
    expect(await answered(graph, '{ search }', 2)).toBe(1)
  })

  it('costs one point for each selection that is executed, in fragments and under @skip and @include', async () => {
    await using graph = await startShop()
    const merged = `{ search ...F ... on Query { search } a: search @skip(if: true) b: search @include(if: false) }
      fragment F on Query { search }`
    expect(await answered(graph, merged, 4)).toBe(3)
  })

  it('is charged for the expected size of the lists above it, before anything is fetched', async () => {
    await using graph = await startShop()
    expect((await ask(graph, '{ list { limited } }')).data).toEqual({ list: [{ limited: 'a' }, { limited: 'b' }] })
    expect((await ask(graph, '{ list { limited } }')).errors).toEqual([])
    const { status, data, errors } = await ask(graph, '{ list { limited } }')
    expect(status).toBe(200)
    expect(data).toEqual({ list: [{ limited: null }, { limited: null }] })
    expect(errors).toMatchObject([limited(['list', 0, 'limited']), limited(['list', 1, 'limited'])])
  })

  it('is refused to the objects alone whose type has the limit', async () => {
    await using graph = await startShop()
    expect((await ask(graph, '{ media { title } }')).data).toEqual({ media: [{ title: 'Film' }, { title: 'Song' }] })
    const { data, errors } = await ask(graph, '{ media { title } }')
    expect(data).toEqual({ media: [{ title: null }, { title: 'Song' }] })
    expect(errors).toMatchObject([limited(['media', 0, 'title'])])
  })

  it('has the limit of its type when it has none of its own, and counts for itself', async () => {
    await using graph = await startShop()
    expect((await ask(graph, '{ account { name mail phone } }')).errors).toEqual([])
    const { data } = await ask(graph, '{ account { name mail phone } }')
    expect(data).toEqual({ account: { name: null, mail: null, phone: 'p' } })
  })

  it('below one that is refused costs nothing', async () => {
    await using graph = await startShop()
    expect((await ask(graph, '{ outer { __typename } }')).errors).toEqual([])
    expect((await ask(graph, '{ outer { inner } free }')).errors).toMatchObject([limited(['outer'])])
    expect((await ask(graph, '{ other { inner } }')).errors).toEqual([])
    expect((await ask(graph, '{ other { inner } }')).errors).toMatchObject([limited(['other', 'inner'])])
  })

  it('costs nothing when the viewer may not see it anyway', async () => {
    await using graph = await startShop()
    for (let time = 0; time < 3; time += 1) {
      const { status, errors } = await ask(graph, '{ secret }')
      expect(status).toBe(200)
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
    expect(await answered(graph, '{ secret }', 2, { sub: 'a', plan: 'FREE' })).toBe(1)
  })

  it('is not limited where RATE_LIMITS=false', async () => {
    await using graph = await startShop({ RATE_LIMITS: 'false' })
    expect(await answered(graph, '{ rare strict }', 3)).toBe(3)
  })
})

describe('a limit counts', () => {
  it('for each viewer, whatever the address', async () => {
    await using graph = await startShop()
    const [ann, bob] = [
      { sub: 'ann@example.com', plan: 'FREE' },
      { sub: 'bob@example.com', plan: 'FREE' },
    ]
    expect(await answered(graph, '{ rare }', 2, ann)).toBe(1)
    expect(await answered(graph, '{ rare }', 2, bob)).toBe(1)
    expect(await answered(graph, '{ rare }', 2)).toBe(1)
    expect(await answered(graph, '{ rare }', 1, ann)).toBe(0)
  })

  it("by the viewer's plan, a viewer's limits alone", async () => {
    await using graph = await startShop({ PLAN_MULTIPLIERS: 'FREE=1,PRO=2.5' })
    expect(await answered(graph, '{ search }', 12, { sub: 'free', plan: 'FREE' })).toBe(3)
    expect(await answered(graph, '{ search }', 12, { sub: 'pro', plan: 'PRO' })).toBe(7)
    expect(await answered(graph, '{ search }', 12, { sub: 'big', plan: 'ENTERPRISE' })).toBe(12)
    expect(await answered(graph, '{ search }', 12, { sub: 'odd', plan: 'PLATINUM' })).toBe(3)
    const rename = 'mutation { rename }'
    expect(await answered(graph, rename, 3, { sub: 'big', plan: 'ENTERPRISE' })).toBe(2)
    expect(await answered(graph, rename, 1, { sub: 'pro', plan: 'PRO' })).toBe(0)
  })

  it('by no plan where a field is sensitive', async () => {
    await using graph = await startShop()
    const enterprise = { sub: 'big', plan: 'ENTERPRISE' }
    expect(await answered(graph, 'mutation { changePassword }', 4, enterprise)).toBe(2)
    await using less = await startShop({ SENSITIVE_FIELDS: 'Query.rare' })
    expect(await answered(less, 'mutation { changePassword }', 4, enterprise)).toBe(4)
    expect(await answered(less, '{ rare }', 4, enterprise)).toBe(1)
  })

  it('by the address of the connection, whatever X-Forwarded-For says, when no proxy is trusted', async () => {
    await using graph = await startShop()
    const signIn = 'mutation { signIn }'
    expect(await answered(graph, signIn, 2, { from: '203.0.113.1' })).toBe(2)
    expect(await answered(graph, signIn, 1, { from: '203.0.113.2' })).toBe(0)
    expect(await answered(graph, signIn, 1, { from: '203.0.113.3', sub: 'big', plan: 'ENTERPRISE' })).toBe(0)
  })

  it('by the address that a trusted proxy tells, IPv6 by its network', async () => {
    await using graph = await startShop({ TRUSTED_PROXIES: 'loopback,198.51.100.0/24' })
    const signIn = 'mutation { signIn }'
    expect(await answered(graph, signIn, 3, { from: '203.0.113.1' })).toBe(2)
    // A client's own claims come first in the header, and nobody believes them.
    expect(await answered(graph, signIn, 1, { from: '10.1.1.1, 203.0.113.1' })).toBe(0)
    expect(await answered(graph, signIn, 1, { from: '203.0.113.1, 198.51.100.7' })).toBe(0)
    expect(await answered(graph, signIn, 1, { from: '::ffff:203.0.113.1' })).toBe(0)
    expect(await answered(graph, signIn, 3, { from: '203.0.113.2' })).toBe(2)
    expect(await answered(graph, signIn, 2, { from: '2001:db8:0:7::1' })).toBe(2)
    expect(await answered(graph, signIn, 1, { from: '2001:db8::7:ffff:ffff:ffff:ffff' })).toBe(0)
    expect(await answered(graph, signIn, 1, { from: '2001:db8:0:8::1' })).toBe(1)
  })

  it('by an address that is written in one way, in logs as well, whatever a trusted proxy passes on', async () => {
    await using graph = await startShop({ TRUSTED_PROXIES: 'loopback' })
    const signIn = 'mutation { signIn }'
    expect(await answered(graph, signIn, 2, { from: '203.0.113.1' })).toBe(2)
    expect(await answered(graph, signIn, 1, { from: '203.0.113.1:99' })).toBe(0)
    expect(await answered(graph, signIn, 2, { from: 'garbage' })).toBe(2)
    expect(await answered(graph, signIn, 1, { from: '"level":60' })).toBe(0)
    const addresses = () => graph.logged.flatMap(({ clientAddress }) => clientAddress ?? [])
    await eventually(() => addresses().length === 6)
    expect(new Set(addresses())).toEqual(new Set(['203.0.113.1', 'unknown']))
  })

  it('until its window ends', async () => {
    const short: TinySubgraph = {
      sdl: `${RATE_LIMIT} type Query { now: String @rateLimit(limit: 1, duration: 2) }`,
      resolvers: { Query: { now: () => 'now' } },
    }
    await using graph = await startTinyGraph({ short })
    expect((await ask(graph, '{ now }')).errors).toEqual([])
    const { errors } = await ask(graph, '{ now }')
    expect(errors[0]?.extensions['retryAfterMs']).toBeLessThanOrEqual(2000)
    await eventually(async () => (await ask(graph, '{ now }')).errors.length === 0)
  })
})

describe('the status of an answer', () => {
  it('is 429 with Retry-After in whole seconds, when limits are why nothing was answered', async () => {
    await using graph = await startShop()
    await ask(graph, '{ search(ids: [1, 2, 3]) rare }')
    const { status, retryAfter, data, errors, asked } = await ask(graph, '{ search rare }')
    expect(status).toBe(429)
    expect(data).toEqual({ search: null, rare: null })
    const longest = Math.max(...errors.map(({ extensions }) => Number(extensions['retryAfterMs'])))
    expect(retryAfter).toBe(String(Math.ceil(longest / 1000)))
    expect(Number(retryAfter)).toBeGreaterThan(60)
    expect(asked).toEqual([])
  })

  it('is 429 when a limited field may not be null', async () => {
    await using graph = await startShop()
    expect(await ask(graph, '{ strict free }')).toMatchObject({ status: 200, data: { strict: 'strict', free: 'free' } })
    const { status, data, errors } = await ask(graph, '{ strict free }')
    expect({ status, data }).toEqual({ status: 429, data: null })
    expect(errors).toMatchObject([limited(['strict'])])
  })

  it.each([
    ['a field was answered', '{ rare free }'],
    ['a field was answered with null', '{ rare nothing }'],
    ['the type was answered', '{ rare __typename }'],
    ['another field was refused for another reason', '{ rare secret }'],
  ])('is 200 when %s', async (_, query) => {
    await using graph = await startShop()
    await ask(graph, '{ rare }')
    const { status, retryAfter, data } = await ask(graph, query)
    expect({ status, retryAfter }).toEqual({ status: 200, retryAfter: null })
    expect(data).toMatchObject({ rare: null })
  })

  it('is 200 when a mutation was executed and a limit further down took its answer, so that no client repeats it', async () => {
    await using graph = await startTinyGraph({
      shop: {
        sdl: `${RATE_LIMIT}
          type Query { free: String }
          type Mutation { buy: Receipt }
          type Receipt { total: Int! @rateLimit(limit: 1) }`,
        resolvers: { Mutation: { buy: () => ({ total: 1 }) } },
      },
    })
    expect(await ask(graph, 'mutation { buy { total } }')).toMatchObject({ status: 200, data: { buy: { total: 1 } } })
    const { status, retryAfter, data } = await ask(graph, 'mutation { buy { __typename total } }')
    expect({ status, retryAfter, data }).toEqual({ status: 200, retryAfter: null, data: { buy: null } })
  })

  it('is 200, so that no client tries again for ever, when a list is too long for the limit', async () => {
    await using graph = await startShop()
    const { status, retryAfter } = await ask(graph, '{ search(ids: [1, 2, 3, 4]) }')
    expect({ status, retryAfter }).toEqual({ status: 200, retryAfter: null })
    await ask(graph, '{ rare }')
    const both = await ask(graph, '{ search(ids: [1, 2, 3, 4]) rare }')
    expect({ status: both.status, retryAfter: both.retryAfter }).toEqual({ status: 200, retryAfter: null })
  })

  it('is 429 when it is a subgraph that has the limit, and 200 when it answered anything else', async () => {
    await using graph = await startTinyGraph({
      own: {
        sdl: 'type Query { own: String, free: String }',
        resolvers: {
          Query: {
            free: () => 'free',
            own: () => {
              throw Object.assign(new Error('Slow down.'), { extensions: { code: 'RATE_LIMITED', retryAfterMs: 500 } })
            },
          },
        },
      },
    })
    const { status, retryAfter, errors } = await ask(graph, '{ own }')
    expect({ status, retryAfter }).toEqual({ status: 429, retryAfter: '1' })
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', subgraph: 'own' } }])
    expect(await ask(graph, '{ own free }')).toMatchObject({ status: 200, data: { own: null, free: 'free' } })
  })
})

it('counts what it limited by field', async () => {
  await using graph = await startShop()
  await answered(graph, '{ rare free }', 3)
  const metrics = await (await fetch(new URL('/metrics', graph.adminUrl))).text()
  expect(metrics).toContain('portico_gateway_rate_limited_total{coordinate="Query.rare"} 2')
})

describe('a gateway does not start', () => {
  const start = (sdl: string, env: Record<string, string> = {}) =>
    startTinyGraph({ shop: { sdl, resolvers: {} }, other: { sdl: 'type Query { other: Int }', resolvers: {} } }, env)

  it.each([
    ['limit: 0', 'limit must be at least 1'],
    ['limit: 5, duration: 0', 'duration must be at least 1 second'],
    ['limit: 5, duration: 9999999', 'duration must be at most 2073600 seconds'],
  ])('with a @rateLimit that nobody can keep: %s', async (args, problem) => {
    await expect(start(`${RATE_LIMIT} type Query { a: Int @rateLimit(${args}) }`)).rejects.toThrow(
      `@rateLimit on Query.a: ${problem}`,
    )
  })

  it('with a @rateLimit that composition would drop', async () => {
    const dropped = RATE_LIMIT.replace('@composeDirective(name: "@rateLimit")', '')
    await expect(start(`${dropped} type Query { a: Int @rateLimit }`)).rejects.toThrow(
      'composition: @rateLimit on Query.a of shop would be dropped: it needs @link(url: "https://portico.dev/rateLimit/v1.0", import: ["@rateLimit"]) and @composeDirective(name: "@rateLimit")',
    )
    const local = 'directive @rateLimit(limit: Int) on FIELD_DEFINITION type Query { a: Int @rateLimit(limit: 1) }'
    await expect(start(local)).rejects.toThrow('@rateLimit on Query.a of shop would be dropped')
  })

  it('with limits of one field that contradict each other', async () => {
    const sdl = (limit: number) => `${RATE_LIMIT} type Query { a: Int @shareable @rateLimit(limit: ${limit}) }`
    const subgraphs = { one: { sdl: sdl(3), resolvers: {} }, two: { sdl: sdl(4), resolvers: {} } }
    await expect(startTinyGraph(subgraphs)).rejects.toThrow(
      "composition: @rateLimit on Query.a of two differs from another subgraph's: make them equal",
    )
  })

  it('with a sensitive field that was named and has no limit', async () => {
    await expect(start('type Query { a: Int }', { SENSITIVE_FIELDS: 'Query.a,Mutation.none' })).rejects.toThrow(
      /SENSITIVE_FIELDS: Query\.a has no @rateLimit .*\n.*SENSITIVE_FIELDS: Mutation\.none has no/,
    )
  })
})

it('finds the directive by its url, whatever it is called', async () => {
  const sdl = `${RATE_LIMIT} type Query { a: Int @rateLimit(limit: 1) }`
    .replace('["@rateLimit"]', '[{ name: "@rateLimit", as: "@quota" }]')
    .replaceAll(/(?<!: ")@rateLimit/g, '@quota')
    .replace('name: "@rateLimit")', 'name: "@quota")')
  await using graph = await startTinyGraph({ shop: { sdl, resolvers: { Query: { a: () => 1 } } } })
  expect(await answered(graph, '{ a }', 2)).toBe(1)
})
