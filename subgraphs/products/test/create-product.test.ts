import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Viewer } from '@portico/service-kit/viewer'
import { admin, catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products[Symbol.asyncDispose]())

const CREATE = `mutation ($input: CreateProductInput!, $key: String!) {
  createProduct(input: $input, idempotencyKey: $key) {
    __typename
    ... on Product {
      id slug title description status version category { id } priceRange { min { amount } max { amount } }
      variants { nodes { sku title price { amount } weightGrams inventory { available } } }
    }
    ... on UserError { code message }
    ... on ValidationError { issues { path message } }
    ... on ConflictError { currentVersion }
  }
}`
interface Reply {
  createProduct: {
    __typename: string
    id?: string
    message?: string
    issues?: { path: string[]; message: string }[]
  } | null
}
const manager = catalogManager()
function create(input: object, key: string = randomUUID(), viewer: Viewer = manager) {
  return products.request<Reply>(CREATE, { input, key }, viewer)
}

const variant = (sku: string, rest: object = {}) => ({ sku, title: 'One', price: '10', weightGrams: 1, ...rest })
let made = 0
/** An input that is right, with a slug and a sku of its own. */
function newInput(rest: object = {}) {
  made += 1
  return { slug: `thing-${made}`, title: 'Thing', variants: [variant(`THING-${made}`)], ...rest }
}

describe('createProduct', () => {
  it('makes a draft with its variants and their first stock', async () => {
    const categoryId = await products.addCategory('toys')
    const { data, errors } = await create({
      slug: 'wooden-train',
      title: ' Wooden train ',
      description: 'Runs on tracks.\n',
      categoryId,
      variants: [
        variant('TRAIN-RED', { title: 'Red', price: '24.9', weightGrams: 800, stock: 12 }),
        variant('TRAIN-BLUE', { title: 'Blue', price: '19.99', weightGrams: 750 }),
      ],
    })
    expect(errors).toEqual([])
    expect(data.createProduct).toEqual({
      __typename: 'Product',
      id: expect.any(String),
      slug: 'wooden-train',
      title: 'Wooden train',
      description: 'Runs on tracks.',
      status: 'DRAFT',
      version: 1,
      category: { id: categoryId },
      priceRange: { min: { amount: '19.99' }, max: { amount: '24.90' } },
      variants: {
        nodes: [
          {
            sku: 'TRAIN-RED',
            title: 'Red',
            price: { amount: '24.90' },
            weightGrams: 800,
            inventory: { available: 12 },
          },
          {
            sku: 'TRAIN-BLUE',
            title: 'Blue',
            price: { amount: '19.99' },
            weightGrams: 750,
            inventory: { available: 0 },
          },
        ],
      },
    })
    const { rows } = await products.database.sql.query(
      `SELECT v.sku, a.delta, a.reason, a.actor_id FROM inventory_adjustment a JOIN product_variant v ON v.id = a.variant_id`,
    )
    expect(rows).toEqual([{ sku: 'TRAIN-RED', delta: 12, reason: 'first stock', actor_id: manager.id }])
  })

  it('says everything that is wrong at once', async () => {
    const { data } = await create(
      {
        slug: 'Wooden Train',
        title: ' ',
        description: 'a\u0007b',
        categoryId: 'toys',
        variants: [
          variant('SAME', { price: '1.999', weightGrams: 0 }),
          variant('SAME', { price: '-1', stock: -1, title: 'x'.repeat(201) }),
          variant('x'.repeat(65), { price: '10000000000000.01' }),
        ],
      },
      '',
    )
    expect(data.createProduct?.__typename).toBe('ValidationError')
    expect(data.createProduct?.issues?.toSorted((a, b) => (a.path.join() < b.path.join() ? -1 : 1))).toEqual([
      { path: ['idempotencyKey'], message: 'must not be empty' },
      { path: ['input', 'categoryId'], message: 'is no category' },
      { path: ['input', 'description'], message: 'must not hold control characters' },
      { path: ['input', 'slug'], message: 'must be lower-case letters and digits, with single hyphens between them' },
      { path: ['input', 'title'], message: 'must not be empty' },
      { path: ['input', 'variants', '0', 'price'], message: 'must be an amount of EUR, with at most 2 decimals' },
      { path: ['input', 'variants', '0', 'weightGrams'], message: 'must be above 0' },
      { path: ['input', 'variants', '1', 'price'], message: 'must not be negative' },
      { path: ['input', 'variants', '1', 'sku'], message: 'is given twice' },
      { path: ['input', 'variants', '1', 'stock'], message: 'must not be negative' },
      { path: ['input', 'variants', '1', 'title'], message: 'must be at most 200 characters' },
      { path: ['input', 'variants', '2', 'price'], message: 'is too high' },
      { path: ['input', 'variants', '2', 'sku'], message: 'must be at most 64 characters' },
    ])
  })

  it.each([
    ['no variants', { variants: [] }, 'must be at least one'],
    [
      '51 variants',
      { variants: Array.from({ length: 51 }, (_, index) => variant(`MANY-${index}`)) },
      'must be at most 50',
    ],
    ['a long slug', { slug: 'x'.repeat(101) }, 'must be at most 100 characters'],
    [
      'hyphens at the ends of a slug',
      { slug: '-thing-' },
      'must be lower-case letters and digits, with single hyphens between them',
    ],
    ['an empty slug', { slug: '' }, 'must be lower-case letters and digits, with single hyphens between them'],
    ['a long description', { description: 'x'.repeat(10_001) }, 'must be at most 10000 characters'],
    ['an unknown category', { categoryId: randomUUID() }, 'is no category'],
  ])('refuses %s', async (_, wrong, message) => {
    const { data } = await create(newInput(wrong))
    expect(data.createProduct).toMatchObject({
      __typename: 'ValidationError',
      code: 'VALIDATION_FAILED',
      issues: [{ message }],
    })
  })

  it.each([
    ['101 characters', 'x'.repeat(101)],
    ['a control character', 'a\u0000'],
  ])('refuses an idempotency key with %s', async (_, key) => {
    const { data } = await create(newInput(), key)
    expect(data.createProduct).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['idempotencyKey'] }] })
  })

  it('takes 50 variants, and a price of nothing', async () => {
    const variants = Array.from({ length: 50 }, (_, index) => variant(`FIFTY-${index}`, { price: '0' }))
    const { data } = await create(newInput({ variants }))
    expect(data.createProduct).toMatchObject({ __typename: 'Product', priceRange: { min: { amount: '0.00' } } })
  })

  it('does not take a slug or a sku twice, and leaves nothing behind then', async () => {
    const input = newInput()
    await create(input)
    const { data: sameSlug } = await create({ ...newInput(), slug: input.slug })
    expect(sameSlug.createProduct).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: `The slug "${input.slug}" is taken.`,
      currentVersion: null,
    })
    const other = newInput()
    const key = randomUUID()
    const { data: sameSku } = await create({ ...other, variants: [...other.variants, ...input.variants] }, key)
    expect(sameSku.createProduct).toMatchObject({
      __typename: 'ConflictError',
      message: expect.stringContaining('"THING-'),
    })
    // The key was not used up either.
    expect((await create(other, key)).data.createProduct).toMatchObject({ __typename: 'Product', slug: other.slug })
  })

  it('is for those who write products', async () => {
    for (const viewer of [undefined, customer(), support()]) {
      const { data, errors } = await products.request<Reply>(CREATE, { input: newInput(), key: 'k' }, viewer)
      expect(data).toEqual({ createProduct: null })
      expect(errors).toMatchObject([{ path: ['createProduct'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
    expect((await create(newInput(), 'k', admin())).data.createProduct).toMatchObject({ __typename: 'Product' })
  })
})

describe('createProduct under an idempotency key', () => {
  it('gives the same product again for the same input, also after it changed', async () => {
    const input = newInput()
    const key = randomUUID()
    const first = await create(input, key)
    const id = first.data.createProduct?.id
    await products.database.sql.query(`UPDATE product SET title = 'Renamed', version = 2 WHERE id = $1`, [id])
    const { variants, ...rest } = input
    const again = await create({ variants, ...rest }, key)
    expect(again.data.createProduct).toMatchObject({ __typename: 'Product', id, title: 'Renamed', version: 2 })
  })

  it('refuses another input, or another operation, under the same key', async () => {
    const input = newInput()
    const key = randomUUID()
    await create(input, key)
    const { data: otherInput } = await create({ ...input, title: 'Other' }, key)
    expect(otherInput.createProduct).toEqual({
      __typename: 'IdempotencyMismatchError',
      code: 'IDEMPOTENCY_MISMATCH',
      message: 'This idempotency key was used before with another input.',
    })
    const { data: otherOperation } = await products.request(
      `mutation ($key: String!, $sku: String!) {
        adjustInventory(sku: $sku, delta: 1, reason: "found", idempotencyKey: $key) { __typename }
      }`,
      { key, sku: input.variants[0]?.sku },
      manager,
    )
    expect(otherOperation).toEqual({ adjustInventory: { __typename: 'IdempotencyMismatchError' } })
  })

  it('knows keys by viewer', async () => {
    const key = randomUUID()
    const mine = await create(newInput(), key)
    const theirs = await create(newInput(), key, catalogManager())
    expect(mine.data.createProduct?.id).toBeDefined()
    expect(theirs.data.createProduct?.id).toBeDefined()
    expect(theirs.data.createProduct?.id).not.toBe(mine.data.createProduct?.id)
  })

  it('makes one product of 20 concurrent calls', async () => {
    const input = newInput()
    const key = randomUUID()
    const replies = await Promise.all(Array.from({ length: 20 }, () => create(input, key)))
    expect(replies.flatMap(({ errors }) => errors)).toEqual([])
    expect(new Set(replies.map(({ data }) => data.createProduct?.id)).size).toBe(1)
    expect(replies[0]?.data.createProduct).toMatchObject({ __typename: 'Product' })
    const { rows } = await products.database.sql.query('SELECT count(*)::int FROM product WHERE slug = $1', [
      input.slug,
    ])
    expect(rows).toEqual([{ count: 1 }])
  })

  it('makes one product of 20 concurrent calls with keys of their own, and tells the others', async () => {
    const input = newInput()
    const replies = await Promise.all(Array.from({ length: 20 }, () => create(input)))
    const names = replies.map(({ data }) => data.createProduct?.__typename)
    expect(names.filter((name) => name === 'Product')).toHaveLength(1)
    expect(names.filter((name) => name === 'ConflictError')).toHaveLength(19)
  })
})
