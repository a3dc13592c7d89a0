import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { admin, catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestProducts, type AddedProduct, type TestProducts } from './products-subgraph.ts'

const STATUSES = ['DRAFT', 'ACTIVE', 'ARCHIVED'] as const
type Status = (typeof STATUSES)[number]

let products: TestProducts
let added: Record<Status, AddedProduct>
beforeAll(async () => {
  products = await startTestProducts()
  const add = (status: Status) => products.add({ slug: status.toLowerCase(), status })
  added = { DRAFT: await add('DRAFT'), ACTIVE: await add('ACTIVE'), ARCHIVED: await add('ARCHIVED') }
})
afterAll(() => products[Symbol.asyncDispose]())

const VISITORS: [string, Viewer][] = [
  ['nobody', ANONYMOUS],
  ['a customer', customer()],
  ['support', support()],
]
const STAFF: [string, Viewer][] = [
  ['a catalogue manager', catalogManager()],
  ['an administrator', admin()],
]

/** Which statuses a viewer finds when looking products and variants up in each way. */
async function lookUp(viewer: Viewer) {
  const found: Record<string, Status[]> = { id: [], slug: [], variantId: [], sku: [] }
  for (const status of STATUSES) {
    const { id, slug, variants } = added[status]
    const { data, errors } = await products.request<
      Record<string, { status?: Status; product?: { status: Status } } | null>
    >(
      `query ($id: ID, $slug: String, $variantId: ID, $sku: String) {
        id: product(id: $id) { status }
        slug: product(slug: $slug) { status }
        variantId: variant(id: $variantId) { product { status } }
        sku: variant(sku: $sku) { product { status } }
      }`,
      { id, slug, variantId: variants[0]?.id, sku: variants[0]?.sku },
      viewer,
    )
    expect(errors).toEqual([])
    for (const [way, record] of Object.entries(data)) {
      if (record) found[way]?.push(record.status ?? record.product?.status ?? 'DRAFT')
    }
  }
  return found
}

/** Which statuses a viewer finds along references from other subgraphs. */
async function follow(viewer: Viewer) {
  const representations = STATUSES.flatMap((status) => {
    const { id, slug, variants } = added[status]
    return [
      { __typename: 'Product', id },
      { __typename: 'Product', slug },
      { __typename: 'ProductVariant', id: variants[0]?.id },
      { __typename: 'ProductVariant', sku: variants[0]?.sku },
    ]
  })
  const { data, errors } = await products.entities<{ status?: Status; product?: { status: Status } }>(
    representations,
    '... on Product { status } ... on ProductVariant { product { status } }',
    viewer,
  )
  expect(errors).toEqual([])
  return data._entities.map((entity) => entity && (entity.status ?? entity.product?.status))
}

const fourTimes = (status: Status | null) => [status, status, status, status]

describe('what a viewer sees of the catalogue', () => {
  it.each(VISITORS)('%s looks up only what is active', async (_, viewer) => {
    expect(await lookUp(viewer)).toEqual({ id: ['ACTIVE'], slug: ['ACTIVE'], variantId: ['ACTIVE'], sku: ['ACTIVE'] })
  })

  it.each(VISITORS)('%s gets to what is archived along references, never to drafts', async (_, viewer) => {
    expect(await follow(viewer)).toEqual([...fourTimes(null), ...fourTimes('ACTIVE'), ...fourTimes('ARCHIVED')])
  })

  it.each(STAFF)('%s sees everything', async (_, viewer) => {
    const all = [...STATUSES]
    expect(await lookUp(viewer)).toEqual({ id: all, slug: all, variantId: all, sku: all })
    expect(await follow(viewer)).toEqual([...fourTimes('DRAFT'), ...fourTimes('ACTIVE'), ...fourTimes('ARCHIVED')])
  })

  it('has the variants of an archived product that a reference led to', async () => {
    const { data } = await products.entities<{ variants: { nodes: { sku: string }[] } }>(
      [{ __typename: 'Product', id: added.ARCHIVED.id }],
      '... on Product { variants { nodes { sku product { id } } } }',
    )
    const [variant] = added.ARCHIVED.variants
    expect(data._entities).toEqual([
      { variants: { nodes: [{ sku: variant?.sku, product: { id: added.ARCHIVED.id } }] } },
    ])
  })
})

describe('a look-up', () => {
  it.each(['product(id: "x", slug: "y")', 'product', 'variant(id: "x", sku: "y")', 'variant', 'variant(id: null)'])(
    'refuses %s, which is not by exactly one key',
    async (field) => {
      const { data, errors } = await products.request(`{ found: ${field} { id } }`)
      expect(data).toEqual({ found: null })
      expect(errors).toMatchObject([{ path: ['found'], extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  it('finds nothing by a key that nothing has', async () => {
    const query = `query ($key: String!, $id: ID!) {
      a: product(id: $id) { id } b: product(slug: $key) { id } c: variant(id: $id) { id } d: variant(sku: $key) { id }
    }`
    for (const key of ['nobody', '', "'", '\u0000', '00000000-0000-4000-8000-000000000000']) {
      const { data, errors } = await products.request(query, { key, id: key })
      expect(errors).toEqual([])
      expect(data).toEqual({ a: null, b: null, c: null, d: null })
    }
  })

  it('takes an id in either case', async () => {
    const { data } = await products.request('query ($id: ID!) { product(id: $id) { slug } }', {
      id: added.ACTIVE.id.toUpperCase(),
    })
    expect(data).toEqual({ product: { slug: 'active' } })
  })
})
