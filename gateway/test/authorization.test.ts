import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTinyGraph, type TinyGraph, type TinySubgraph } from './tiny-graph.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { askAs, tokenTrustOf, unauthorized, type Ask } from './viewer-requests.ts'

const al = { __typename: 'User', id: '1', name: 'Al', email: 'al@example.test', mood: 'GOOD', pin: '1234' }
const bo = { ...al, id: '2', name: 'Bo', email: 'bo@example.test' }
const note = { __typename: 'Note', id: 'n', title: 'Open', body: 'Hello' }
const secret = { __typename: 'Secret', id: 's', title: 'Closed', code: 'xyz' }

const subgraphs: Record<string, TinySubgraph> = {
  people: {
    sdl: /* GraphQL */ `
      type Query {
        users: [User]
        user: User
        vault: Vault
        vaults: [Vault!]
        staff: String @requiresScopes(scopes: [["a", "b"], ["c"]])
        both: String @authenticated @requiresScopes(scopes: [["c"]])
        nobody: String @requiresScopes(scopes: [])
        greeting(name: String): String
        documents: [Document]
        strict: Strict
      }
      type Mutation {
        open: String
        closed(by: String): String @authenticated
      }
      type User @key(fields: "id") {
        id: ID!
        name: String
        email: String @authenticated
        mood: Mood
        pin: Pin
        friends: [User!]
      }
      type Vault @authenticated {
        id: ID!
        gold: Int
      }
      enum Mood @requiresScopes(scopes: [["a"]]) {
        GOOD
        BAD
      }
      scalar Pin @authenticated
      interface Document {
        id: ID!
        title: String
      }
      type Note implements Document @key(fields: "id") {
        id: ID!
        title: String
        body: String
      }
      type Secret implements Document @key(fields: "id") @requiresScopes(scopes: [["a"]]) {
        id: ID!
        title: String
        code: String
      }
      type Strict {
        rows: [[Row!]!]
      }
      type Row {
        open: Int!
        closed: Int! @authenticated
      }
    `,
    resolvers: {
      Query: {
        users: () => [{ ...al, friends: [bo] }, null, { ...bo, friends: [al, bo] }],
        user: () => ({ ...al, friends: [bo] }),
        vault: () => ({ id: 'v', gold: 5 }),
        vaults: () => [{ id: 'v', gold: 5 }],
        staff: () => 'staff',
        both: () => 'both',
        nobody: () => 'nobody',
        greeting: (_: unknown, { name }: { name?: string }) => `Hello ${name}`,
        documents: () => [note, secret],
        strict: () => ({ rows: [[{ open: 1, closed: 2 }]] }),
      },
      Mutation: { open: () => 'opened', closed: () => 'closed' },
      Note: { __resolveReference: () => note },
      Secret: { __resolveReference: () => secret },
    },
  },
  ratings: {
    sdl: /* GraphQL */ `
      type Query {
        finds: [Find]
      }
      union Find = User | Note | Secret
      type User @key(fields: "id") {
        id: ID!
        rating: Int
        rank: Int @requiresScopes(scopes: [["a"]])
      }
      type Note @key(fields: "id") {
        id: ID!
        stars: Int
      }
      type Secret @key(fields: "id") {
        id: ID!
        stars: Int
      }
    `,
    resolvers: {
      Query: {
        finds: () => [
          { __typename: 'User', id: '1' },
          { ...note, stars: 3 },
          { ...secret, stars: 4 },
        ],
      },
      User: {
        __resolveReference: ({ id }: { id: string }) => ({ id, rating: 5, rank: 1 }),
        rating: () => 5,
        rank: () => 1,
      },
      Note: { __resolveReference: ({ id }: { id: string }) => ({ id, stars: 3 }) },
      Secret: { __resolveReference: ({ id }: { id: string }) => ({ id, stars: 4 }) },
    },
  },
}

let issuer: TokenIssuer
let graph: TinyGraph
beforeAll(async () => {
  issuer = await startTokenIssuer()
  graph = await startTinyGraph(subgraphs, tokenTrustOf(issuer))
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

const ask = (query: string, { of = graph, ...rest }: Partial<Ask> & { of?: TinyGraph } = {}) =>
  askAs(of, issuer, { query, ...rest })

describe('a field that the viewer may not see', () => {
  it('is null with an error that has its path, is not fetched, and the rest is answered', async () => {
    const { status, data, errors, queries } = await ask('{ user { name email } greeting(name: "you") }')
    expect(status).toBe(200)
    expect(data).toEqual({ user: { name: 'Al', email: null }, greeting: 'Hello you' })
    expect(errors).toMatchObject([unauthorized('user', 'email')])
    expect(queries).toContain('name')
    expect(queries).not.toContain('email')
    const signedIn = await ask('{ user { name email } }', { scope: '' })
    expect(signedIn).toMatchObject({ data: { user: { name: 'Al', email: 'al@example.test' } }, errors: [] })
  })

  it('has an error with a concrete path for each item of lists, and none for null items', async () => {
    const { data, errors } = await ask('{ users { friends { e: email } } }')
    expect(data).toEqual({ users: [{ friends: [{ e: null }] }, null, { friends: [{ e: null }, { e: null }] }] })
    expect(errors).toMatchObject([
      unauthorized('users', 0, 'friends', 0, 'e'),
      unauthorized('users', 2, 'friends', 0, 'e'),
      unauthorized('users', 2, 'friends', 1, 'e'),
    ])
  })

  it('takes what must not be null with it', async () => {
    const { data, errors } = await ask('{ strict { rows { open closed } } }')
    expect(data).toEqual({ strict: { rows: null } })
    expect(errors).toMatchObject([unauthorized('strict', 'rows', 0, 0, 'closed')])
  })

  it('keeps its place among the keys of the answer', async () => {
    const response = await fetch(graph.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ vault { id } user { email name pin id } greeting }' }),
    })
    expect(await response.text()).toContain(
      '"data":{"vault":null,"user":{"email":null,"name":"Al","pin":null,"id":"1"},"greeting":"Hello undefined"}',
    )
  })

  it('of another subgraph spares it the fetch', async () => {
    const { data, asked } = await ask('{ user { name rank } }', { scope: 'b' })
    expect(data).toEqual({ user: { name: 'Al', rank: null } })
    expect(asked.map(({ subgraph }) => subgraph)).toEqual(['people'])
    const allowed = await ask('{ user { name rank } }', { scope: 'a' })
    expect(allowed.data).toEqual({ user: { name: 'Al', rank: 1 } })
  })

  it('is found in fragments, under aliases, and behind conditions', async () => {
    const query = /* GraphQL */ `
      query ($yes: Boolean!, $name: String) {
        user {
          ...Card
          friends {
            ...Card
          }
        }
        again: user {
          ... on User @include(if: $yes) {
            x: email
          }
          y: email @skip(if: $yes)
        }
        greeting(name: $name)
      }
      fragment Card on User {
        mail: email
        name
        email @include(if: $yes)
      }
    `
    const { data, errors, queries } = await ask(query, { variables: { yes: true, name: 'Cy' } })
    const card = { mail: null, email: null }
    expect(data).toEqual({
      user: { ...card, name: 'Al', friends: [{ ...card, name: 'Bo' }] },
      again: { x: null },
      greeting: 'Hello Cy',
    })
    expect(errors).toHaveLength(5)
    expect(queries).not.toContain('email')
  })

  it.each(['{ vault { id gold } }', '{ vaults { id } }', '{ user { id } vault { __typename } }'])(
    'is one that returns a type that they may not see: %s',
    async (query) => {
      const { data, errors, queries } = await ask(query)
      expect(data).toMatchObject({ [query.includes('vaults') ? 'vaults' : 'vault']: null })
      expect(errors).toHaveLength(1)
      expect(queries).not.toContain('vault')
    },
  )

  it('is one that returns a scalar or an enum that they may not see', async () => {
    const anonymous = await ask('{ user { mood pin name } }')
    expect(anonymous.data).toEqual({ user: { mood: null, pin: null, name: 'Al' } })
    expect(anonymous.errors).toMatchObject([unauthorized('user', 'mood'), unauthorized('user', 'pin')])
    expect(anonymous.queries).not.toMatch(/mood|pin/)
    expect((await ask('{ user { mood pin } }', { scope: 'b' })).data).toEqual({ user: { mood: null, pin: '1234' } })
    expect((await ask('{ user { mood pin } }', { scope: 'a' })).errors).toEqual([])
  })
})

describe('scopes', () => {
  it.each([
    [undefined, [null, null, null]],
    ['', [null, null, null]],
    ['a', [null, null, null]],
    ['a b', ['staff', null, null]],
    ['c', ['staff', 'both', null]],
    ['ab', [null, null, null]],
  ])('are alternatives of what must be held together: %j', async (scope, [staff, both, nobody]) => {
    const { data } = await ask('{ staff both nobody }', scope === undefined ? {} : { scope })
    expect(data).toEqual({ staff, both, nobody })
  })

  it('of one viewer decide nothing for the next', async () => {
    const query = '{ staff user { email } }'
    const none = { staff: null, user: { email: null } }
    const all = { staff: 'staff', user: { email: 'al@example.test' } }
    expect((await ask(query, { scope: 'c' })).data).toEqual(all)
    expect((await ask(query)).data).toEqual(none)
    expect((await ask(query, { scope: 'b' })).data).toEqual({ ...all, staff: null })
    expect((await ask(query, { scope: 'c' })).data).toEqual(all)
    expect((await ask(query)).data).toEqual(none)
  })
})

describe('an operation of which a viewer may see nothing', () => {
  it('is answered without asking any subgraph', async () => {
    const { status, data, errors, asked } = await ask('{ __typename vault { id } staff vaults { gold } }')
    expect(status).toBe(200)
    expect(data).toEqual({ __typename: 'Query', vault: null, staff: null, vaults: null })
    expect(errors).toHaveLength(3)
    expect(asked).toEqual([])
  })

  it('still tells of the schema', async () => {
    const of = await startTinyGraph(subgraphs, { ...tokenTrustOf(issuer), NODE_ENV: 'development' })
    await using _ = of
    const { data, asked } = await ask('{ staff __type(name: "Vault") { fields { name } } }', { of })
    expect(data).toEqual({ staff: null, __type: { fields: [{ name: 'id' }, { name: 'gold' }] } })
    expect(asked).toEqual([])
  })

  it('asks for the objects that would have had its fields all the same, and for nothing of them', async () => {
    const { data, queries } = await ask('{ user { email } }')
    expect(data).toEqual({ user: { email: null } })
    expect(queries).toContain('__typename')
  })
})

describe('a mutation', () => {
  it('that is not allowed is not called, and the others are, in their order', async () => {
    const { data, errors, queries } = await ask('mutation ($by: String) { a: open closed(by: $by) b: open }', {
      variables: { by: 'me' },
    })
    expect(JSON.stringify(data)).toBe('{"a":"opened","closed":null,"b":"opened"}')
    expect(errors).toMatchObject([unauthorized('closed')])
    expect(queries).not.toContain('closed')
    expect((await ask('mutation { closed }', { scope: '' })).data).toEqual({ closed: 'closed' })
    expect((await ask('mutation { closed }')).asked).toEqual([])
  })
})

describe('through an interface', () => {
  it('only objects of protected types lose their fields', async () => {
    const { data, errors, queries } = await ask('{ documents { title ... on Secret { code } ... on Note { body } } }')
    expect(data).toEqual({
      documents: [
        { title: 'Open', body: 'Hello' },
        { title: null, code: null },
      ],
    })
    expect(errors).toMatchObject([unauthorized('documents', 1, 'title'), unauthorized('documents', 1, 'code')])
    expect(queries).not.toContain('code')
    expect((await ask('{ documents { title } }', { scope: 'a' })).errors).toEqual([])
  })

  it('what every one of its types demands hides the field that returns it', async () => {
    const { data, errors, asked } = await ask('{ secrets { title } open { title } }', { of: hidden })
    expect(data).toEqual({ secrets: null, open: [{ title: 'Closed' }] })
    expect(errors).toMatchObject([unauthorized('secrets')])
    expect(asked).toHaveLength(1)
  })

  let hidden: TinyGraph
  beforeAll(async () => {
    hidden = await startTinyGraph(
      {
        only: {
          sdl: /* GraphQL */ `
            type Query {
              secrets: [Titled]
              open: [Open]
            }
            interface Titled {
              title: String
            }
            type Secret implements Titled @authenticated {
              title: String
            }
            type Safe implements Titled @requiresScopes(scopes: [["a"]]) {
              title: String
            }
            type Open {
              title: String
            }
          `,
          resolvers: { Query: { secrets: () => [secret], open: () => [secret] } },
        },
      },
      tokenTrustOf(issuer),
    )
  })
  afterAll(async () => {
    await hidden[Symbol.asyncDispose]()
  })
})

describe('through a union', () => {
  it('protected members lose their fields, also those of other subgraphs', async () => {
    const query =
      '{ finds { __typename ... on Note { title stars } ... on Secret { title stars } ... on User { rank rating } } }'
    const { data, errors, queries } = await ask(query)
    expect(data).toEqual({
      finds: [
        { __typename: 'User', rank: null, rating: 5 },
        { __typename: 'Note', title: 'Open', stars: 3 },
        { __typename: 'Secret', title: null, stars: null },
      ],
    })
    expect(errors).toHaveLength(3)
    expect(queries).not.toMatch(/Secret \{|rank/)
  })
})
