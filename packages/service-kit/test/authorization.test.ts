import { buildSubgraphSchema } from '@apollo/subgraph'
import { describe, expect, it } from '@jest/globals'
import { enforceAuthorization, signedIn } from '@portico/service-kit/authorization'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { graphql, parse, subscribe, type GraphQLSchema } from 'graphql'

const FEDERATION = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`

const SDL = `
  ${FEDERATION('"@key", "@authenticated", "@requiresScopes"')}

  type Query {
    open: String
    mine: String @authenticated
    both: String @requiresScopes(scopes: [["a", "b"]])
    either: String @requiresScopes(scopes: [["a", "b"], ["c"]])
    nobody: String @requiresScopes(scopes: [])
    ledger: Ledger
    ledgers: [Ledger!]
    sealed: String @requiresScopes(scopes: [["a"]])
    grade: Grade
    amount: Amount
    extended: Extended
    item: Item
  }
  extend type Query { late: String @authenticated }

  type Ledger @requiresScopes(scopes: [["a"]]) {
    total: Int
    secret: Int @requiresScopes(scopes: [["c"]])
  }
  enum Grade @requiresScopes(scopes: [["a"]]) { GOOD }
  scalar Amount @authenticated
  type Extended { id: ID }
  extend type Extended @authenticated
  type Item @key(fields: "id") { id: ID! cost: Int @requiresScopes(scopes: [["a"]]) }
`

const user = (...scopes: string[]): Viewer => ({ kind: 'user', id: 'ann', roles: ['ADMIN'], scopes, plan: 'FREE' })

/** The schema with resolvers that write down that they ran. */
function createSchema(): { schema: GraphQLSchema; ran: string[] } {
  const ran: string[] = []
  const value = (name: string, result: unknown) => () => {
    ran.push(name)
    return result
  }
  const schema = buildSubgraphSchema([
    {
      typeDefs: parse(SDL),
      resolvers: {
        Query: {
          ...Object.fromEntries(
            ['open', 'mine', 'both', 'either', 'nobody', 'sealed', 'late'].map((name) => [name, value(name, name)]),
          ),
          ledger: value('ledger', { total: 1, secret: 2 }),
          ledgers: value('ledgers', [{ total: 1 }]),
          grade: value('grade', 'GOOD'),
          amount: value('amount', 1),
          extended: value('extended', { id: '1' }),
          item: value('item', { id: '1', cost: 9 }),
        },
        Item: { __resolveReference: () => ({ id: '1', cost: 9 }) },
      },
    },
  ])
  enforceAuthorization(schema)
  return { schema, ran }
}

async function ask(source: string, viewer: Viewer) {
  const { schema, ran } = createSchema()
  const { data, errors = [] } = await graphql({ schema, source, contextValue: { viewer } })
  // GraphQL's results have no prototype, which is of no interest here.
  return {
    data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>,
    errors: errors.map((error) => error.toJSON()),
    ran,
  }
}

describe('@authenticated', () => {
  it('answers whoever is signed in, whatever they may do', async () => {
    expect(await ask('{ mine late }', user())).toEqual({
      data: { mine: 'mine', late: 'late' },
      errors: [],
      ran: ['mine', 'late'],
    })
  })

  it('gives nobody null and an error with the path, runs no resolver, and leaves the rest alone', async () => {
    const { data, errors, ran } = await ask('{ first: mine open late }', ANONYMOUS)
    expect(data).toEqual({ first: null, open: 'open', late: null })
    expect(errors).toMatchObject([
      { path: ['first'], message: 'Unauthorized field or type', extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
      { path: ['late'], message: 'Unauthorized field or type', extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
    expect(ran).toEqual(['open'])
  })
})

describe('@requiresScopes', () => {
  const granted = async (field: string, viewer: Viewer) => {
    const { data, ran } = await ask(`{ ${field} }`, viewer)
    expect(ran).toEqual(data[field] === null ? [] : [field])
    return data[field] !== null
  }

  it('needs all scopes of a list', async () => {
    expect(await granted('both', user('a', 'b', 'c'))).toBe(true)
    expect(await granted('both', user('a'))).toBe(false)
    expect(await granted('both', user('a b'))).toBe(false)
    expect(await granted('both', ANONYMOUS)).toBe(false)
  })

  it('needs one of several lists', async () => {
    expect(await granted('either', user('c'))).toBe(true)
    expect(await granted('either', user('b', 'a'))).toBe(true)
    expect(await granted('either', user('b'))).toBe(false)
  })

  it('without any list lets nobody through', async () => {
    expect(await granted('nobody', user('a', 'b', 'c'))).toBe(false)
  })

  it('on an object guards every field that answers one, before anything is read', async () => {
    const { data, errors, ran } = await ask('{ ledger { total } ledgers { total } }', user('c'))
    expect(data).toEqual({ ledger: null, ledgers: null })
    expect(errors).toMatchObject([{ path: ['ledger'] }, { path: ['ledgers'] }])
    expect(ran).toEqual([])
  })

  it('on an object and on its field asks for both', async () => {
    expect((await ask('{ ledger { total secret } }', user('a'))).data).toEqual({ ledger: { total: 1, secret: null } })
    expect((await ask('{ ledger { total secret } }', user('a', 'c'))).data).toEqual({ ledger: { total: 1, secret: 2 } })
  })

  it('on an enum or a scalar guards the fields that answer it', async () => {
    expect((await ask('{ grade amount }', user())).data).toEqual({ grade: null, amount: 1 })
    expect((await ask('{ grade amount }', user('a'))).data).toEqual({ grade: 'GOOD', amount: 1 })
    expect((await ask('{ grade amount }', ANONYMOUS)).ran).toEqual([])
  })

  it('counts when an extension of the type brings it', async () => {
    expect((await ask('{ extended { id } }', ANONYMOUS)).data).toEqual({ extended: null })
    expect((await ask('{ extended { id } }', user())).data).toEqual({ extended: { id: '1' } })
  })

  it('holds for an entity that the gateway asks for', async () => {
    const source = '{ _entities(representations: [{ __typename: "Item", id: "1" }]) { ... on Item { id cost } } }'
    expect((await ask(source, user('c'))).data).toEqual({ _entities: [{ id: '1', cost: null }] })
    expect((await ask(source, user('a'))).data).toEqual({ _entities: [{ id: '1', cost: 9 }] })
  })
})

describe('a subscription', () => {
  it('that is guarded never starts for who may not have it, and does for who may', async () => {
    const started: string[] = []
    const listen = (name: string) => ({
      async *subscribe() {
        started.push(name)
        yield { [name]: 1 }
      },
    })
    const schema = buildSubgraphSchema([
      {
        typeDefs: parse(`
          ${FEDERATION('"@requiresScopes"')}
          type Query { a: Int }
          type Subscription { ticks: Int @requiresScopes(scopes: [["a"]]) open: Int }
        `),
        resolvers: { Subscription: { ticks: listen('ticks'), open: listen('open') } },
      },
    ])
    enforceAuthorization(schema)
    const first = async (source: string, viewer: Viewer): Promise<unknown> => {
      const reply = await subscribe({ schema, document: parse(source), contextValue: { viewer } })
      return Symbol.asyncIterator in reply ? (await reply.next()).value : reply.errors?.map((error) => error.toJSON())
    }

    expect(await first('subscription { ticks }', user('b'))).toMatchObject([
      { path: ['ticks'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
    expect(started).toEqual([])
    expect(await first('subscription { ticks }', user('a'))).toEqual({ data: { ticks: 1 } })
    expect(await first('subscription { open }', ANONYMOUS)).toEqual({ data: { open: 1 } })
  })
})

describe('a schema with a rule that nobody would keep', () => {
  const starting = (sdl: string) => () => enforceAuthorization(buildSubgraphSchema([{ typeDefs: parse(sdl) }]))

  it('does not start: @policy under any name', () => {
    const sdl = `${FEDERATION('"@policy"')} type Query { a: Int @policy(policies: [["p"]]) }`
    expect(starting(sdl)).toThrow('@policy is imported, but a subgraph does not enforce it.')
    const renamed = `${FEDERATION('{ name: "@policy", as: "@rule" }')} type Query { a: Int @rule(policies: [["p"]]) }`
    expect(starting(renamed)).toThrow('@policy is imported, but a subgraph does not enforce it.')
  })

  it('does not start: an authorization directive under another name', () => {
    const renamed = `${FEDERATION('{ name: "@authenticated", as: "@auth" }')} type Query { a: Int @auth }`
    expect(starting(renamed)).toThrow('@authenticated is imported as @auth; import it under its own name')
    const scopes = `${FEDERATION('{ name: "@requiresScopes", as: "@scoped" }')}
      type Query { a: Int @scoped(scopes: [["a"]]) }`
    expect(starting(scopes)).toThrow('@requiresScopes is imported as @scoped; import it under its own name')
  })

  it('does not start: an authorization directive that was never imported', () => {
    for (const [where, name] of [
      ['type Query { a: Int @federation__authenticated }', 'federation__authenticated'],
      ['type Query { a: Int @federation__requiresScopes(scopes: [["a"]]) }', 'federation__requiresScopes'],
      ['type Query { a: Int @federation__policy(policies: [["p"]]) }', 'federation__policy'],
      ['type Query { a: A } type A @federation__authenticated { b: Int }', 'federation__authenticated'],
      ['type Query { a: A } scalar A @federation__authenticated', 'federation__authenticated'],
    ]) {
      expect(starting(`${FEDERATION('"@key"')} ${where}`)).toThrow(`@${name} is used without importing it`)
    }
    const aliased = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed")'
    expect(starting(`${aliased} type Query { a: Int @fed__authenticated }`)).toThrow('@fed__authenticated is used')
  })
})

describe('whoever a guarded field serves', () => {
  it('is someone signed in, or the guard is missing', () => {
    expect(signedIn(user('a'))).toEqual(user('a'))
    expect(() => signedIn(ANONYMOUS)).toThrow(
      expect.objectContaining({ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }),
    )
  })
})
