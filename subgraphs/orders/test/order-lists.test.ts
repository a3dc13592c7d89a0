import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { admin, catalogManager, customer, support } from '@portico/testkit/viewers'
import { placeMany, startTestOrders, type TestOrders } from './orders-subgraph.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

let orders: TestOrders
beforeAll(async () => {
  orders = await startTestOrders()
  // Three orders share each instant, so that only the id tells their order.
  await placeMany(orders, 60, (index) => ({
    placedAt: new Date(START + Math.floor(index / 3) * 1000),
    status: index % 4 === 0 ? 'PENDING' : 'DELIVERED',
  }))
})
afterAll(() => orders[Symbol.asyncDispose]())

interface Page {
  orders: {
    nodes: { id: string }[]
    edges: { cursor: string; node: { id: string } }[]
    totalCount?: number
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
  } | null
}
const CONNECTION =
  'nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const list = async (variables: Record<string, unknown>, selection = CONNECTION) => {
  const { data, errors } = await orders.request<Page>(
    `query ($first: Int, $after: String, $status: OrderStatus) {
      orders(first: $first, after: $after, status: $status) { ${selection} }
    }`,
    variables,
    support(),
  )
  expect(errors).toEqual([])
  if (!data.orders) throw new Error('There is no page.')
  return data.orders
}

async function walk(
  variables: { first: number; status?: string },
  betweenPages: () => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = []
  for (let after: string | null = null; ;) {
    const page = await list({ ...variables, after })
    seen.push(...page.nodes.map(({ id }) => id))
    if (!page.pageInfo.hasNextPage) return seen
    after = page.pageInfo.endCursor
    await betweenPages()
  }
}

async function idsNewestFirst(condition = 'TRUE'): Promise<string[]> {
  const { rows } = await orders.database.sql.query<{ id: string }>(
    `SELECT id FROM "order" WHERE ${condition} ORDER BY placed_at DESC, id DESC`,
  )
  return rows.map(({ id }) => id)
}

describe('the list of all orders', () => {
  it('is walked newest first without a gap or a repeat while orders are placed', async () => {
    const before = await idsNewestFirst()
    let second = 0
    const seen = await walk({ first: 7 }, async () => {
      // One newer than all, and one between those that are still to come.
      await orders.place({ placedAt: new Date() })
      await orders.place({ placedAt: new Date(START + (second += 1) * 1000) })
    })
    expect(new Set(seen).size).toBe(seen.length)
    const old = new Set(before)
    expect(seen.filter((id) => old.has(id))).toEqual(before)
  })

  it('holds one status when asked to', async () => {
    const pending = await idsNewestFirst(`status = 'PENDING'`)
    expect(pending.length).toBeGreaterThan(10)
    expect(await walk({ first: 4, status: 'PENDING' }, async () => undefined)).toEqual(pending)
    expect((await list({ status: 'CANCELLED' })).nodes).toEqual([])
  })

  it('gives 20 orders unless told otherwise, up to 100, and cursors that fit their nodes', async () => {
    const page = await list({})
    expect(page.nodes).toHaveLength(20)
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes)
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: page.edges[0]?.cursor,
      endCursor: page.edges.at(-1)?.cursor,
    })
    expect((await list({ first: null })).nodes).toEqual(page.nodes)
    const next = await list({ first: 1, after: page.edges[4]?.cursor })
    expect(next.nodes).toEqual([page.nodes[5]])
    expect(next.pageInfo.hasPreviousPage).toBe(true)
    expect((await list({ first: 100 })).nodes.length).toBeGreaterThan(20)
  })

  it('has an empty page for nobody to see', async () => {
    const page = await list({ first: 0 })
    expect(page).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })

  it('counts what it holds, and only when asked', async () => {
    const all = (await idsNewestFirst()).length
    const pending = (await idsNewestFirst(`status = 'PENDING'`)).length
    expect((await list({ first: 1 }, 'totalCount')).totalCount).toBe(all)
    expect((await list({ first: 1, status: 'PENDING' }, 'totalCount')).totalCount).toBe(pending)
    expect(await orders.statementsDuring(() => list({ first: 1 }))).toHaveLength(1)
    expect(await orders.statementsDuring(() => list({ first: 1 }, 'nodes { id } totalCount'))).toHaveLength(2)
  })

  it('refuses a page that is too long and a cursor that is none of its own', async () => {
    const forged = (...position: unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url')
    const id = '00000000-0000-4000-8000-000000000000'
    for (const [argument, value] of [
      ['first', '101'],
      ['first', '-1'],
      ['after', '"nonsense"'],
      ['after', '""'],
      ['after', JSON.stringify(forged('users', ['2026-01-01T00:00:00.000Z', id]))],
      ['after', JSON.stringify(forged('orders', ['yesterday', id]))],
      ['after', JSON.stringify(forged('orders', ['0000-01-01T00:00:00.000Z', id]))],
      ['after', JSON.stringify(forged('orders', ['2026-01-01T00:00:00.000Z', "' OR TRUE"]))],
    ] as const) {
      const reply = await orders.request<Page>(`{ orders(${argument}: ${value}) { nodes { id } } }`, {}, support())
      expect(reply.data).toEqual({ orders: null })
      expect(reply.errors).toMatchObject([
        { path: ['orders'], extensions: { code: 'BAD_USER_INPUT', argumentName: argument } },
      ])
    }
  })

  it('is for staff who may read orders', async () => {
    for (const viewer of [support(), admin()]) {
      const { errors } = await orders.request<Page>('{ orders { nodes { id } } }', {}, viewer)
      expect(errors).toEqual([])
    }
    for (const viewer of [undefined, customer(), catalogManager()]) {
      const reply = await orders.request<Page>('{ orders { nodes { id } } }', {}, viewer)
      expect(reply.data).toEqual({ orders: null })
      expect(reply.errors).toMatchObject([{ path: ['orders'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
  })
})
