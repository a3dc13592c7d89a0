import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { catalogManager, customer } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
const categories: Record<string, string> = {}

beforeAll(async () => {
  products = await startTestProducts()
  categories['home'] = await products.addCategory('home')
  categories['kitchen'] = await products.addCategory('kitchen', categories['home'])
  categories['pans'] = await products.addCategory('pans', categories['kitchen'])
  categories['garden'] = await products.addCategory('garden')
  const { home, kitchen, pans, garden } = categories
  await products.add({ slug: 'sofa', categoryId: home ?? null, variants: [{ price: 90_000n }, { price: 120_000n }] })
  await products.add({
    slug: 'kettle',
    categoryId: kitchen ?? null,
    variants: [{ price: 3999n, available: 0, reserved: 2 }],
  })
  await products.add({
    slug: 'pan',
    categoryId: pans ?? null,
    variants: [
      { price: 2000n, available: 0 },
      { price: 5000n, available: 1 },
    ],
  })
  await products.add({ slug: 'rake', categoryId: garden ?? null, variants: [{ price: 2500n }] })
  await products.add({ slug: 'voucher', variants: [{ price: 0n }] })
  await products.add({ slug: 'wok', categoryId: pans ?? null, status: 'DRAFT', variants: [{ price: 4000n }] })
  await products.add({ slug: 'casserole', categoryId: pans ?? null, status: 'ARCHIVED', variants: [{ price: 4500n }] })
})
afterAll(() => products[Symbol.asyncDispose]())

interface Reply {
  products: { nodes: { slug: string }[]; totalCount: number } | null
}
const QUERY =
  'query ($filter: ProductFilter) { products(filter: $filter, sort: TITLE_ASC) { nodes { slug } totalCount } }'

/** The slugs of what a filter leaves, by title. */
async function slugs(filter: Record<string, unknown>, viewer: Viewer = ANONYMOUS) {
  const { data, errors } = await products.request<Reply>(QUERY, { filter }, viewer)
  expect(errors).toEqual([])
  const found = data.products?.nodes.map(({ slug }) => slug) ?? []
  expect(data.products?.totalCount).toBe(found.length)
  return found
}

describe('the filter of products', () => {
  it('takes a category with all below it', async () => {
    expect(await slugs({ categoryId: categories['home'] })).toEqual(['kettle', 'pan', 'sofa'])
    expect(await slugs({ categoryId: categories['kitchen']?.toUpperCase() })).toEqual(['kettle', 'pan'])
    expect(await slugs({ categoryId: categories['garden'] })).toEqual(['rake'])
    expect(await slugs({ categoryId: '00000000-0000-4000-8000-000000000000' })).toEqual([])
    expect(await slugs({ categoryId: 'kitchen' })).toEqual([])
  })

  it('ends also where categories go in a circle', async () => {
    const one = await products.addCategory('circle-one')
    const two = await products.addCategory('circle-two', one)
    await products.database.sql.query('UPDATE category SET parent_id = $1 WHERE id = $2', [two, one])
    expect(await slugs({ categoryId: one })).toEqual([])
  })

  it('tells products of which a variant is available from those that are sold out', async () => {
    expect(await slugs({ inStock: true })).toEqual(['pan', 'rake', 'sofa', 'voucher'])
    expect(await slugs({ inStock: false })).toEqual(['kettle'])
  })

  it('takes prices by any one variant, bounds included', async () => {
    expect(await slugs({ minPrice: '25.00', maxPrice: '39.99' })).toEqual(['kettle', 'rake'])
    expect(await slugs({ minPrice: '25', maxPrice: '25.0' })).toEqual(['rake'])
    expect(await slugs({ minPrice: '1000' })).toEqual(['sofa'])
    expect(await slugs({ maxPrice: '0' })).toEqual(['voucher'])
    expect(await slugs({ minPrice: '92233720368547758.07' })).toEqual([])
    // Between the prices of a product's variants there is none.
    expect(await slugs({ minPrice: '30', maxPrice: '39' })).toEqual([])
  })

  it('combines what it is given, and leaves out what is null', async () => {
    expect(await slugs({ categoryId: categories['home'], inStock: true, maxPrice: '100' })).toEqual(['pan'])
    expect(await slugs({ search: 'pan', inStock: true })).toEqual(['pan'])
    expect(await slugs({ search: 'kettle', inStock: true })).toEqual([])
    const nothing = { search: null, categoryId: null, status: null, inStock: null, minPrice: null, maxPrice: null }
    expect(await slugs(nothing)).toEqual(['kettle', 'pan', 'rake', 'sofa', 'voucher'])
  })

  it('takes any status from those who write products, and shows others only what is active', async () => {
    for (const viewer of [ANONYMOUS, customer()]) {
      expect(await slugs({ categoryId: categories['pans'] }, viewer)).toEqual(['pan'])
      expect(await slugs({ status: 'ACTIVE', categoryId: categories['pans'] }, viewer)).toEqual(['pan'])
      expect(await slugs({ status: 'DRAFT' }, viewer)).toEqual([])
      expect(await slugs({ status: 'ARCHIVED' }, viewer)).toEqual([])
      expect(await slugs({ search: 'wok' }, viewer)).toEqual([])
    }
    expect(await slugs({ categoryId: categories['pans'] }, catalogManager())).toEqual(['casserole', 'pan', 'wok'])
    expect(await slugs({ status: 'DRAFT' }, catalogManager())).toEqual(['wok'])
    expect(await slugs({ status: 'ARCHIVED' }, catalogManager())).toEqual(['casserole'])
    expect(await slugs({ search: 'wok' }, catalogManager())).toEqual(['wok'])
  })

  it.each([
    [{ minPrice: '-0.01' }, '"minPrice" must not be negative.'],
    [{ maxPrice: '-1' }, '"maxPrice" must not be negative.'],
    [{ minPrice: '1.999' }, '"minPrice" has more digits than an amount of EUR can have.'],
    [{ maxPrice: '92233720368547758.08' }, '"maxPrice" has more digits than an amount of EUR can have.'],
    [{ minPrice: '2.00', maxPrice: '1.99' }, '"minPrice" must not be above "maxPrice".'],
  ])('refuses %j', async (filter, message) => {
    const { data, errors } = await products.request(QUERY, { filter })
    expect(data).toEqual({ products: null })
    expect(errors).toMatchObject([{ message, path: ['products'], extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it.each(['x', '1e3', '', '1,5', '12345678901234567890'])('knows that %j is no Decimal', async (minPrice) => {
    const { status, errors } = await products.request(QUERY, { filter: { minPrice } })
    expect(status).toBe(400)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
