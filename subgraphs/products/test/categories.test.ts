import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
const ids: Record<string, string> = {}

beforeAll(async () => {
  products = await startTestProducts()
  const add = async (slug: string, parent?: string, position?: number) => {
    ids[slug] = await products.addCategory(slug, parent === undefined ? undefined : ids[parent], position)
  }
  await add('home', undefined, 2)
  await add('garden', undefined, 1)
  await add('kitchen', 'home', 2)
  await add('bedroom', 'home', 1)
  await add('cups', 'kitchen', 1)
  await add('bowls', 'kitchen', 1)
})
afterAll(() => products[Symbol.asyncDispose]())

describe('the categories', () => {
  it('come all at once: the ones at the top first, and siblings in their order', async () => {
    const { data, errors } = await products.request<{
      categories: { slug: string; parent: { slug: string } | null }[]
    }>('{ categories { id slug name parent { slug } } }')
    expect(errors).toEqual([])
    const slugs = data.categories.map(({ slug }) => slug)
    expect(slugs.slice(0, 2)).toEqual(['garden', 'home'])
    expect(slugs.toSorted()).toEqual(Object.keys(ids).toSorted())
    for (const [parent, children] of [
      ['home', ['bedroom', 'kitchen']],
      ['kitchen', ['bowls', 'cups']],
    ] as const) {
      const found = data.categories.filter((category) => category.parent?.slug === parent)
      expect(found.map(({ slug }) => slug)).toEqual(children)
    }
    expect(data.categories[0]).toEqual({ id: ids['garden'], slug: 'garden', name: 'GARDEN', parent: null })
  })

  it('know their parents and children, level by level', async () => {
    const statements = await products.statementsDuring(async () => {
      const { data } = await products.request<{ categories: { slug: string }[] }>(
        '{ categories { slug parent { slug parent { slug } } children { slug children { slug } } } }',
      )
      expect(data.categories.find(({ slug }) => slug === 'home')).toEqual({
        slug: 'home',
        parent: null,
        children: [
          { slug: 'bedroom', children: [] },
          { slug: 'kitchen', children: [{ slug: 'bowls' }, { slug: 'cups' }] },
        ],
      })
      expect(data.categories.find(({ slug }) => slug === 'cups')).toEqual({
        slug: 'cups',
        parent: { slug: 'kitchen', parent: { slug: 'home' } },
        children: [],
      })
    })
    // All, their parents, their children; each parent and child is one of them, and known by then.
    expect(statements).toHaveLength(3)
  })

  it('are found by references of either key', async () => {
    const { data } = await products.entities(
      [
        { __typename: 'Category', id: ids['cups'] },
        { __typename: 'Category', slug: 'cups' },
        { __typename: 'Category', id: 'cups' },
        { __typename: 'Category', slug: 'nobody' },
      ],
      '... on Category { slug }',
    )
    expect(data._entities).toEqual([{ slug: 'cups' }, { slug: 'cups' }, null, null])
  })
})
