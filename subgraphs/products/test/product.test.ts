import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { catalogManager, customer } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products[Symbol.asyncDispose]())

describe('a product', () => {
  it('tells all that it is', async () => {
    const categoryId = await products.addCategory('lamps')
    const { id, variants } = await products.add({
      slug: 'desk-lamp',
      title: 'Desk lamp',
      description: 'Turns.\nFolds.',
      categoryId,
      createdAt: new Date('2026-03-01T12:00:00.123Z'),
      variants: [
        { sku: 'LAMP-BLACK', title: 'Black', price: 4990n },
        { sku: 'LAMP-BRASS', title: 'Brass', price: 12_000n, available: 3, reserved: 2 },
      ],
    })
    products.clock.now = Date.UTC(2026, 5, 1)
    const { data, errors } = await products.request(
      `{ product(slug: "desk-lamp") {
        id slug title description status createdAt version
        category { id slug name }
        priceRange { min { amount currencyCode } max { amount currencyCode } }
        variants {
          edges { cursor node { sku } }
          nodes { id sku title weightGrams price { amount currencyCode } product { slug } inventory { available status asOf } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      } }`,
    )
    expect(errors).toEqual([])
    const asOf = '2026-06-01T00:00:00.000Z'
    const euros = (amount: string) => ({ amount, currencyCode: 'EUR' })
    const common = { weightGrams: 250, product: { slug: 'desk-lamp' } }
    expect(data).toEqual({
      product: {
        id,
        slug: 'desk-lamp',
        title: 'Desk lamp',
        description: 'Turns.\nFolds.',
        status: 'ACTIVE',
        createdAt: '2026-03-01T12:00:00.123Z',
        version: 1,
        category: { id: categoryId, slug: 'lamps', name: 'LAMPS' },
        priceRange: { min: euros('49.90'), max: euros('120.00') },
        variants: {
          edges: [
            { cursor: expect.any(String), node: { sku: 'LAMP-BLACK' } },
            { cursor: expect.any(String), node: { sku: 'LAMP-BRASS' } },
          ],
          nodes: [
            {
              ...common,
              id: variants[0]?.id,
              sku: 'LAMP-BLACK',
              title: 'Black',
              price: euros('49.90'),
              inventory: { available: 10, status: 'IN_STOCK', asOf },
            },
            {
              ...common,
              id: variants[1]?.id,
              sku: 'LAMP-BRASS',
              title: 'Brass',
              price: euros('120.00'),
              inventory: { available: 3, status: 'LOW', asOf },
            },
          ],
          pageInfo: {
            hasNextPage: false,
            hasPreviousPage: false,
            startCursor: expect.any(String),
            endCursor: expect.any(String),
          },
        },
      },
    })
  })

  it('may have no description and no category', async () => {
    const { slug } = await products.add()
    const { data } = await products.request(
      'query ($slug: String) { product(slug: $slug) { description category { id } } }',
      { slug },
    )
    expect(data).toEqual({ product: { description: null, category: null } })
  })

  it('has prices in the currency of the shop, with its decimals', async () => {
    await using japanese = await startTestProducts('JPY')
    await japanese.add({ slug: 'tea', variants: [{ price: 1200n }] })
    const query = '{ products(filter: { minPrice: "1200" }) { nodes { priceRange { min { amount currencyCode } } } } }'
    const { data } = await japanese.request(query)
    expect(data).toEqual({ products: { nodes: [{ priceRange: { min: { amount: '1200', currencyCode: 'JPY' } } }] } })
    const { errors } = await japanese.request('{ products(filter: { minPrice: "1200.5" }) { totalCount } }')
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('the inventory of a variant', () => {
  it.each([
    [0, 'OUT_OF_STOCK'],
    [1, 'LOW'],
    [5, 'LOW'],
    [6, 'IN_STOCK'],
  ])('of which %i are available is %s', async (available, status) => {
    const { variants } = await products.add({ variants: [{ available, reserved: 7 }] })
    const { data } = await products.request(
      'query ($sku: String) { variant(sku: $sku) { inventory { available status } } }',
      {
        sku: variants[0]?.sku,
      },
    )
    expect(data).toEqual({ variant: { inventory: { available, status } } })
  })

  it('tells what is reserved only to those who may read inventories', async () => {
    const { variants } = await products.add({ variants: [{ reserved: 4 }] })
    const query = 'query ($id: ID) { variant(id: $id) { inventory { available reserved } } }'
    const read = await products.request(query, { id: variants[0]?.id }, catalogManager())
    expect(read.data).toEqual({ variant: { inventory: { available: 10, reserved: 4 } } })
    for (const viewer of [undefined, customer()]) {
      const { data, errors } = await products.request(query, { id: variants[0]?.id }, viewer)
      expect(data).toEqual({ variant: { inventory: { available: 10, reserved: null } } })
      expect(errors).toMatchObject([
        { path: ['variant', 'inventory', 'reserved'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
      ])
    }
  })
})

describe('the variants of a product', () => {
  interface Reply {
    product: {
      variants: { nodes: { sku: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } | null
    }
  }
  const QUERY = `query ($slug: String!, $first: Int, $after: String) { product(slug: $slug) {
    variants(first: $first, after: $after) { nodes { sku } pageInfo { hasNextPage hasPreviousPage endCursor } }
  } }`
  const skus = Array.from({ length: 23 }, (_, index) => `ROPE-${index}`)

  beforeAll(() => products.add({ slug: 'rope', variants: skus.map((sku) => ({ sku })) }))

  it('come 20 at a time in their order, unless told otherwise', async () => {
    const { data } = await products.request<Reply>(QUERY, { slug: 'rope' })
    expect(data.product.variants).toMatchObject({ nodes: skus.slice(0, 20).map((sku) => ({ sku })) })
    const none = await products.request<Reply>(QUERY, { slug: 'rope', first: 0 })
    expect(none.data.product.variants).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true } })
  })

  it('are walked from end to end', async () => {
    const seen: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { data }: { data: Reply } = await products.request<Reply>(QUERY, { slug: 'rope', first: 10, after })
      seen.push(...(data.product.variants?.nodes.map(({ sku }) => sku) ?? []))
      after = data.product.variants?.pageInfo.endCursor ?? null
      more = data.product.variants?.pageInfo.hasNextPage ?? false
    }
    expect(seen).toEqual(skus)
  })

  it.each([{ first: 101 }, { first: -1 }, { after: 'nonsense' }])(
    'refuse %j, and nothing beside them',
    async (args) => {
      const { data, errors } = await products.request(QUERY, { slug: 'rope', ...args })
      expect(data).toEqual({ product: { variants: null } })
      expect(errors).toMatchObject([{ path: ['product', 'variants'], extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  it('are read for many products at once, each page by its own arguments', async () => {
    await products.add({ slug: 'string', variants: [{ sku: 'STRING-0' }, { sku: 'STRING-1' }, { sku: 'STRING-2' }] })
    const statements = await products.statementsDuring(async () => {
      const { data } = await products.request(
        `{ rope: product(slug: "rope") { ...few } string: product(slug: "string") { ...few } }
         fragment few on Product {
           one: variants(first: 1) { nodes { sku } pageInfo { hasNextPage } }
           three: variants(first: 3) { nodes { sku } pageInfo { hasNextPage } }
         }`,
      )
      const page = (skusOfPage: string[], hasNextPage: boolean) => ({
        nodes: skusOfPage.map((sku) => ({ sku })),
        pageInfo: { hasNextPage },
      })
      expect(data).toEqual({
        rope: { one: page(['ROPE-0'], true), three: page(['ROPE-0', 'ROPE-1', 'ROPE-2'], true) },
        string: { one: page(['STRING-0'], true), three: page(['STRING-0', 'STRING-1', 'STRING-2'], false) },
      })
    })
    // The two products, and their variants.
    expect(statements).toHaveLength(2)
  })
})
