import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestProducts, type AddedProduct, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
const added: AddedProduct[] = []

beforeAll(async () => {
  products = await startTestProducts()
  const branch = await products.addCategory('branch', await products.addCategory('root'))
  const leaf = await products.addCategory('leaf', branch)
  for (let index = 0; index < 50; index += 1) {
    added.push(await products.add({ categoryId: index % 2 === 0 ? branch : leaf, variants: [{}, {}, {}] }))
  }
})
afterAll(() => products[Symbol.asyncDispose]())

const FIELDS = `
  title category { name parent { name } children { name } }
  priceRange { min { amount } }
  variants(first: 2) { nodes { sku price { amount } inventory { available asOf } product { title } } }`

async function statementsOf(query: string, variables: Record<string, unknown> = {}) {
  return products.statementsDuring(async () => {
    const { errors } = await products.request(query, variables)
    expect(errors).toEqual([])
  })
}

describe('the SQL statements of an operation', () => {
  it('are as many for a long page of products as for a short one', async () => {
    for (const args of ['', 'sort: PRICE_ASC,', 'filter: { search: "product" },']) {
      const page = (first: number) => statementsOf(`{ products(${args} first: ${first}) { nodes { ${FIELDS} } } }`)
      const short = await page(5)
      const long = await page(50)
      // Products; categories, their parents and their children; variants, their inventories and their products.
      expect(short).toHaveLength(7)
      expect(long).toHaveLength(7)
    }
  })

  it('are one for a page, and another only when a count is asked for', async () => {
    expect(await statementsOf('{ products { nodes { id } pageInfo { endCursor } } }')).toHaveLength(1)
    expect(await statementsOf('{ products { totalCount } }')).toHaveLength(2)
  })

  it('are as many for many references as for few', async () => {
    const resolve = (count: number) =>
      products.statementsDuring(async () => {
        const some = added.slice(0, count)
        const { errors } = await products.entities(
          [
            ...some.map(({ id }) => ({ __typename: 'Product', id })),
            ...some.map(({ slug }) => ({ __typename: 'Product', slug })),
            ...some.flatMap(({ variants }) => variants.map(({ id }) => ({ __typename: 'ProductVariant', id }))),
            ...some.flatMap(({ variants }) => variants.map(({ sku }) => ({ __typename: 'ProductVariant', sku }))),
          ],
          '... on Product { variants { nodes { sku } } } ... on ProductVariant { inventory { available } product { title } }',
        )
        expect(errors).toEqual([])
      })
    const few = await resolve(2)
    const many = await resolve(40)
    expect(many.length).toBe(few.length)
    // Two keys of each type, the variants' products, and the variants and inventories that are asked for; what one
    // key was waited for longer than the other may be asked for twice.
    expect(many.length).toBeLessThanOrEqual(9)
  })
})
