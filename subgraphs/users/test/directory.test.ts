import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { customer, support } from '@portico/testkit/viewers'
import { startTestUsers, type TestUsers } from './users-subgraph.ts'

let users: TestUsers
beforeAll(async () => {
  users = await startTestUsers()
  await insertUsers(60)
})
afterAll(() => users[Symbol.asyncDispose]())

async function insertUsers(count: number) {
  await users.database.sql.query(
    `INSERT INTO "user" (email, email_key, display_name, password_hash, role, plan, created_at)
     SELECT key, key, 'Person ' || n, 'x', (ARRAY['CUSTOMER','SUPPORT'])[1 + (n = 7)::int]::"Role",
            (ARRAY['FREE','PRO'])[1 + n % 2]::"Plan", now() - make_interval(secs => n / 3)
     FROM generate_series(1, $1) n, LATERAL (SELECT 'person' || n || gen_random_uuid() || '@example.com' AS key) k`,
    [count],
  )
}

interface Page {
  users: {
    nodes: { id: string; displayName: string }[]
    edges: { cursor: string; node: { id: string } }[]
    totalCount?: number
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
}
const QUERY = `query ($first: Int, $after: String, $filter: UserFilter) {
  users(first: $first, after: $after, filter: $filter) {
    nodes { id displayName } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`
const list = (variables: Record<string, unknown>) => users.request<Page>(QUERY, variables, support())

describe('the directory of users', () => {
  it('is walked from end to end without a gap or a repeat while people register', async () => {
    const seen: string[] = []
    let after: string | null = null
    for (;;) {
      const { data, errors } = await list({ first: 7, after })
      expect(errors).toEqual([])
      seen.push(...data.users.nodes.map(({ id }) => id))
      if (!data.users.pageInfo.hasNextPage) break
      after = data.users.pageInfo.endCursor
      await insertUsers(1)
    }
    const { rows } = await users.database.sql.query<{ id: string }>(
      `SELECT id FROM "user" WHERE display_name <> 'Person 1' ORDER BY created_at DESC, id DESC`,
    )
    const old = new Set(rows.map(({ id }) => id))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.filter((id) => old.has(id))).toHaveLength(old.size)
  })

  it('gives cursors that fit their nodes, and 20 users unless told otherwise', async () => {
    const { data } = await list({})
    expect(data.users.nodes).toHaveLength(20)
    expect(data.users.edges.map(({ node }) => node.id)).toEqual(data.users.nodes.map(({ id }) => id))
    expect(data.users.pageInfo).toMatchObject({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: data.users.edges[0]?.cursor,
      endCursor: data.users.edges[19]?.cursor,
    })
  })

  it.each([
    [{ first: 101 }, '"first" must be at most 100.'],
    [{ first: -1 }, '"first" must not be negative.'],
    [{ after: 'nonsense' }, '"after" is not a cursor of this list in this order.'],
    [{ filter: { search: 'x'.repeat(101) } }, '"search" must be at most 100 characters.'],
  ])('refuses %j', async (variables, message) => {
    const { data, errors } = await list(variables)
    expect(data).toEqual({ users: null })
    expect(errors).toMatchObject([{ message, path: ['users'], extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('filters by role, plan and search, in which % and _ mean themselves', async () => {
    const names = async (filter: Record<string, unknown>) =>
      (await list({ filter, first: 100 })).data.users.nodes.map(({ displayName }) => displayName)
    expect(await names({ role: 'SUPPORT' })).toEqual(['Person 7'])
    expect(await names({ search: 'pERSON 42' })).toEqual(['Person 42'])
    expect(await names({ plan: 'PRO', search: 'Person 42' })).toEqual([])
    expect(await names({ search: 'Person__' })).toEqual([])
    expect(await names({ search: '%' })).toEqual([])
    expect(await names({ search: 'Person\0 42' })).toEqual([])
    expect(await names({ search: ' \0' })).toEqual(await names({}))
  })

  it('counts only when asked to, in one more statement, and costs the same for a long page as for a short one', async () => {
    const page = (first: number, count: boolean) =>
      users.statementsDuring(() =>
        users.request(
          `{ users(first: ${first}) { nodes { id email addresses { city } } ${count ? 'totalCount' : ''} } }`,
          {},
          support(),
        ),
      )
    const short = await page(5, false)
    const long = await page(50, false)
    const counted = await page(5, true)
    expect(short).toHaveLength(2)
    expect(long).toHaveLength(2)
    expect(counted).toHaveLength(3)
  })

  it('finds one user by id, and none for an id that nobody has', async () => {
    const { data } = await list({ first: 1 })
    const [first] = data.users.nodes
    const find = (id: string | undefined) =>
      users.request('query ($id: ID!) { user(id: $id) { id displayName } }', { id }, support())
    expect((await find(first?.id)).data).toEqual({ user: first })
    expect((await find('nobody')).data).toEqual({ user: null })
  })

  it('is for those who may read users', async () => {
    for (const viewer of [undefined, customer()]) {
      const reply = await users.request('{ users { totalCount } user(id: "x") { id } }', {}, viewer)
      expect(reply.data).toEqual({ users: null, user: null })
      expect(reply.errors.map(({ extensions }) => extensions['code'])).toEqual([
        'UNAUTHORIZED_FIELD_OR_TYPE',
        'UNAUTHORIZED_FIELD_OR_TYPE',
      ])
    }
  })
})
