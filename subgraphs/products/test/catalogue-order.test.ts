import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

interface Item {
  id: string
  title: string
  price: bigint
  createdAt: Date
}

let products: TestProducts
let items: Item[]

beforeAll(async () => {
  products = await startTestProducts()
  items = []
  // Three of each value, so that only the id tells them apart.
  for (let index = 0; index < 36; index += 1) {
    const group = Math.floor(index / 3)
    const item = {
      title: `Lamp ${String.fromCodePoint(65 + ((group * 5) % 12))}`,
      price: BigInt(1000 + ((group * 7) % 12)),
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, (group * 11) % 12)),
    }
    const { id } = await products.add({ ...item, variants: [{ price: item.price }, { price: item.price + 5000n }] })
    items.push({ id, ...item })
  }
})
afterAll(() => products[Symbol.asyncDispose]())

interface Page {
  products: {
    edges: { cursor: string; node: { id: string; title: string } }[]
    nodes: { id: string }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
  }
}
const QUERY = `query ($first: Int, $after: String, $last: Int, $before: String, $sort: ProductSort, $filter: ProductFilter) {
  products(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: $filter) {
    edges { cursor node { id title } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`
async function list(variables: Record<string, unknown>) {
  const { data, errors } = await products.request<Page>(QUERY, variables)
  expect(errors).toEqual([])
  return data.products
}

/** Walks the whole list in pages of seven, from its start or from its end. */
async function walk(variables: Record<string, unknown>, backward = false, between = async () => {}) {
  const pages: string[][] = []
  for (let cursor: string | null = null; ;) {
    const { nodes, pageInfo } = await list({
      ...variables,
      ...(backward ? { last: 7, before: cursor } : { first: 7, after: cursor }),
    })
    pages.push(nodes.map(({ id }) => id))
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage))
      return (backward ? pages.toReversed() : pages).flat()
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor
    await between()
  }
}

type Value = string | number | bigint
const compare = (a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0)
function inOrder(valueOf: (item: Item) => Value, direction: 1 | -1): string[] {
  return items
    .toSorted((a, b) => direction * (compare(valueOf(a), valueOf(b)) || compare(a.id, b.id)))
    .map(({ id }) => id)
}

const ORDERS: [sort: string, valueOf: (item: Item) => Value, direction: 1 | -1][] = [
  ['NEWEST', ({ createdAt }) => createdAt.getTime(), -1],
  ['PRICE_ASC', ({ price }) => price, 1],
  ['PRICE_DESC', ({ price }) => price, -1],
  ['TITLE_ASC', ({ title }) => title, 1],
]

describe('the order of products', () => {
  it.each(ORDERS)('%s is the same walked forward and backward', async (sort, valueOf, direction) => {
    const expected = inOrder(valueOf, direction)
    expect(await walk({ sort })).toEqual(expected)
    expect(await walk({ sort }, true)).toEqual(expected)
  })

  it('is the newest first unless asked otherwise', async () => {
    expect(await walk({})).toEqual(inOrder(({ createdAt }) => createdAt.getTime(), -1))
    expect(await walk({ sort: null, filter: { search: ' ' } })).toEqual(await walk({ sort: 'NEWEST' }))
  })

  it('RELEVANCE is the same walked forward and backward, and is what a search gets unless asked otherwise', async () => {
    const filter = { search: 'lamp' }
    const forward = await walk({ filter, sort: 'RELEVANCE' })
    expect(forward.toSorted()).toEqual(items.map(({ id }) => id).toSorted())
    expect(await walk({ filter, sort: 'RELEVANCE' }, true)).toEqual(forward)
    expect(await walk({ filter })).toEqual(forward)
  })

  it('TITLE_ASC minds neither case nor accents', async () => {
    const categoryId = await products.addCategory('letters')
    for (const title of ['Zebra', 'apfel', 'Äpfelchen', 'Birne']) await products.add({ title, categoryId })
    const { edges } = await list({ sort: 'TITLE_ASC', filter: { categoryId } })
    expect(edges.map(({ node }) => node.title)).toEqual(['apfel', 'Äpfelchen', 'Birne', 'Zebra'])
    await products.database.sql.query('UPDATE product SET status = $1 WHERE category_id = $2', ['DRAFT', categoryId])
  })

  it('has no cursors in common with another order', async () => {
    const { pageInfo } = await list({ first: 1, sort: 'PRICE_ASC' })
    const reply = await products.request(QUERY, { after: pageInfo.endCursor, sort: 'PRICE_DESC' })
    expect(reply.data).toEqual({ products: null })
    expect(reply.errors).toMatchObject([
      { message: '"after" is not a cursor of this list in this order.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  it('needs something to search for to go by relevance', async () => {
    for (const filter of [null, {}, { search: null }, { search: ' \t' }]) {
      const { data, errors } = await products.request(QUERY, { sort: 'RELEVANCE', filter })
      expect(data).toEqual({ products: null })
      expect(errors).toMatchObject([{ path: ['products'], extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})

describe('a page of products', () => {
  it('has 20 forward unless told otherwise, and cursors that fit its nodes', async () => {
    const { edges, nodes, pageInfo } = await list({})
    expect(nodes).toHaveLength(20)
    expect(edges.map(({ node }) => node.id)).toEqual(nodes.map(({ id }) => id))
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[19]?.cursor,
    })
  })

  it.each(ORDERS.map(([sort]) => sort))('keeps between two cursors by %s, from either end', async (sort) => {
    const { edges } = await list({ sort, first: 12 })
    const bounds = { sort, after: edges[1]?.cursor, before: edges[10]?.cursor }
    const within = edges.slice(2, 10).map(({ node }) => node.id)
    expect((await list({ ...bounds, first: 3 })).nodes.map(({ id }) => id)).toEqual(within.slice(0, 3))
    expect((await list({ ...bounds, last: 3 })).nodes.map(({ id }) => id)).toEqual(within.slice(-3))
    const all = await list({ ...bounds, first: 100 })
    expect(all.nodes.map(({ id }) => id)).toEqual(within)
  })

  it('may be empty, or have nothing in it', async () => {
    expect(await list({ first: 0 })).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true, endCursor: null } })
    expect(await list({ filter: { search: 'sofa' } })).toMatchObject({ edges: [], pageInfo: { hasNextPage: false } })
  })

  const someCursor = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url')
  const id = '00000000-0000-4000-8000-000000000000'
  it.each([
    [{ first: 101 }, '"first" must be at most 100.'],
    [{ last: 101 }, '"last" must be at most 100.'],
    [{ first: -1 }, '"first" must not be negative.'],
    [{ last: -1 }, '"last" must not be negative.'],
    [{ first: 1, last: 1 }, 'Give "first" or "last", not both.'],
    [{ after: 'nonsense' }, '"after" is not a cursor of this list in this order.'],
    [{ before: '' }, '"before" is not a cursor of this list in this order.'],
    [
      { after: someCursor(['products:newest', ['0000-01-01T00:00:00.000Z', id]]) },
      '"after" is not a cursor of this list in this order.',
    ],
    [{ after: someCursor(['products:newest', [1, 'x']]) }, '"after" is not a cursor of this list in this order.'],
    [
      { sort: 'PRICE_ASC', after: someCursor(['products:price-asc', ['9223372036854775808', id]]) },
      '"after" is not a cursor of this list in this order.',
    ],
    [
      { sort: 'TITLE_ASC', after: someCursor(['products:title-asc', ['\0', id]]) },
      '"after" is not a cursor of this list in this order.',
    ],
  ])('is refused for %j', async (variables, message) => {
    const { data, errors } = await products.request(QUERY, variables)
    expect(data).toEqual({ products: null })
    expect(errors).toMatchObject([{ message, path: ['products'], extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('a walk through the products', () => {
  it.each([...ORDERS.map(([sort]) => sort), 'RELEVANCE'])(
    'by %s skips and repeats nothing while others come',
    async (sort) => {
      const arrivals: { title: string; price: bigint; day: number }[] = [
        { title: 'A lamp', price: 1n, day: 1 },
        { title: 'Lamp F', price: 1006n, day: 2 },
        { title: 'Lamp of the lamps', price: 9000n, day: 3 },
      ]
      for (const backward of [false, true]) {
        let arrived = 0
        const seen = await walk({ sort, filter: { search: 'lamp' } }, backward, async () => {
          const { title, price, day } = arrivals[arrived++ % arrivals.length] ?? { title: '', price: 0n, day: 0 }
          await products.add({ title, createdAt: new Date(Date.UTC(2025 + (day % 3), 0, 1)), variants: [{ price }] })
        })
        expect(arrived).toBeGreaterThan(4)
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen).toEqual(expect.arrayContaining(items.map(({ id }) => id)))
      }
    },
  )
})
