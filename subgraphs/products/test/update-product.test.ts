import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Viewer } from '@portico/service-kit/viewer'
import { catalogManager, customer } from '@portico/testkit/viewers'
import { startTestProducts, type AddedProduct, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
let product: AddedProduct
let categoryId: string
beforeAll(async () => {
  products = await startTestProducts()
  categoryId = await products.addCategory('things')
})
afterAll(() => products[Symbol.asyncDispose]())

const UPDATE = `mutation ($input: UpdateProductInput!) {
  updateProduct(input: $input) {
    __typename
    ... on Product { title description status version category { id } }
    ... on UserError { code message }
    ... on ValidationError { issues { path message } }
    ... on ConflictError { currentVersion }
  }
}`
async function update(input: object, viewer: Viewer | undefined = catalogManager()) {
  const { data, errors } = await products.request<{ updateProduct: unknown }>(UPDATE, { input }, viewer)
  return { result: data.updateProduct, errors }
}

/** A product at version 1 with something in every field. */
async function addFull() {
  product = await products.add({ title: 'Thing', description: 'Text.', categoryId })
  return product
}
const full = { title: 'Thing', description: 'Text.', status: 'ACTIVE', category: { id: expect.any(String) } }

describe('updateProduct', () => {
  it.each([
    ['the title', { title: ' Other ' }, { title: 'Other' }],
    ['the description', { description: 'Other.' }, { description: 'Other.' }],
    ['the description to none', { description: null }, { description: null }],
    ['the description to none when it is blank', { description: ' ' }, { description: null }],
    ['the status', { status: 'ARCHIVED' }, { status: 'ARCHIVED' }],
    ['the category to none', { categoryId: null }, { category: null }],
    ['nothing for a title or status of null', { title: null, status: null }, {}],
    ['nothing when nothing is given', {}, {}],
  ])('changes %s and leaves the rest', async (_, change, changed) => {
    const { id } = await addFull()
    const { result, errors } = await update({ id, expectedVersion: 1, ...change })
    expect(errors).toEqual([])
    expect(result).toEqual({ __typename: 'Product', ...full, version: 2, ...changed })
  })

  it('leads from any status to any other', async () => {
    const { id } = await addFull()
    const way = ['DRAFT', 'ARCHIVED', 'ACTIVE', 'ARCHIVED', 'DRAFT', 'ACTIVE']
    for (const [index, status] of way.entries()) {
      const { result } = await update({ id, status, expectedVersion: index + 1 })
      expect(result).toMatchObject({ status, version: index + 2 })
    }
  })

  it('keeps search and order up to date', async () => {
    const { id } = await addFull()
    await update({ id, title: 'Zeppelin', description: null, expectedVersion: 1 })
    const find = (search: string) =>
      products.request<{ products: { nodes: { id: string }[] } }>(
        'query ($filter: ProductFilter) { products(filter: $filter) { nodes { id } } }',
        { filter: { search } },
      )
    expect((await find('zeppelin')).data.products.nodes).toEqual([{ id }])
    const { data } = await find('text')
    expect(data.products.nodes).not.toContainEqual({ id })
  })

  it('refuses when the product changed since it was read, and says what version it has now', async () => {
    const { id } = await addFull()
    await update({ id, title: 'First', expectedVersion: 1 })
    const { result } = await update({ id, title: 'Second', expectedVersion: 1 })
    expect(result).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: 'The record was changed since it was read.',
      currentVersion: 2,
    })
  })

  it('lets one of 20 concurrent changes win', async () => {
    const { id } = await addFull()
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => update({ id, title: `Name ${index}`, expectedVersion: 1 })),
    )
    const names = replies.map(({ result }) => (result as { __typename: string }).__typename)
    expect(names.filter((name) => name === 'Product')).toHaveLength(1)
    expect(names.filter((name) => name === 'ConflictError')).toHaveLength(19)
  })

  it('says everything that is wrong at once', async () => {
    const { id } = await addFull()
    const { result } = await update({
      id,
      title: '',
      description: 'x'.repeat(10_001),
      categoryId: randomUUID(),
      expectedVersion: 1,
    })
    expect(result).toMatchObject({
      __typename: 'ValidationError',
      issues: [
        { path: ['input', 'title'], message: 'must not be empty' },
        { path: ['input', 'description'], message: 'must be at most 10000 characters' },
        { path: ['input', 'categoryId'], message: 'is no category' },
      ],
    })
  })

  it.each(['nobody', randomUUID()])('does not find a product with the id %s', async (id) => {
    const { result } = await update({ id, title: 'Other', expectedVersion: 1 })
    expect(result).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'There is no such product.' })
  })

  it('shows what it wrote to the rest of the operation', async () => {
    const { id } = await addFull()
    const { data } = await products.request(
      `mutation ($first: UpdateProductInput!, $second: UpdateProductInput!) {
        first: updateProduct(input: $first) { ... on Product { variants { nodes { product { title } } } } }
        second: updateProduct(input: $second) { ... on Product { variants { nodes { product { title } } } } }
      }`,
      {
        first: { id, title: 'First', expectedVersion: 1 },
        second: { id, title: 'Second', expectedVersion: 2 },
      },
      catalogManager(),
    )
    expect(data).toEqual({
      first: { variants: { nodes: [{ product: { title: 'First' } }] } },
      second: { variants: { nodes: [{ product: { title: 'Second' } }] } },
    })
  })

  it('is for those who write products', async () => {
    const { id } = await addFull()
    for (const viewer of [undefined, customer()]) {
      const { data, errors } = await products.request(UPDATE, { input: { id, expectedVersion: 1 } }, viewer)
      expect(data).toEqual({ updateProduct: null })
      expect(errors).toMatchObject([{ path: ['updateProduct'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
  })
})
