import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestGraph, type TestGraph } from './test-graph.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startTestGraph()
})
afterAll(() => graph[Symbol.asyncDispose]())

const unauthorized = (...path: (string | number)[]) => ({
  message: 'Unauthorized field or type',
  path,
  extensions: expect.objectContaining({ code: 'UNAUTHORIZED_FIELD_OR_TYPE' }),
})

describe('what the schema protects', () => {
  it('is not asked for, so that it is refused while its subgraph is down, and the rest is answered', async () => {
    await graph.subgraphs.orders.stop()
    try {
      const { status, data, errors } = await graph.request(/* GraphQL */ `
        {
          categories {
            slug
          }
          orders {
            nodes {
              number
            }
          }
          products(first: 1) {
            nodes {
              variants(first: 1) {
                nodes {
                  sku
                  unitsSold
                }
              }
            }
          }
        }
      `)
      expect(status).toBe(200)
      expect(data).toMatchObject({
        categories: expect.arrayContaining([{ slug: expect.any(String) }]),
        orders: null,
        products: { nodes: [{ variants: { nodes: [{ sku: expect.any(String), unitsSold: null }] } }] },
      })
      expect(errors).toMatchObject([
        unauthorized('orders'),
        unauthorized('products', 'nodes', 0, 'variants', 'nodes', 0, 'unitsSold'),
      ])
    } finally {
      await graph.subgraphs.orders.start()
    }
  })

  it.each([
    '{ users { totalCount } }',
    '{ user(id: "1") { displayName } }',
    '{ orders { nodes { number } } order(number: "1") { total { amount } } }',
    'mutation { setUserRole(userId: "1", role: ADMIN, expectedVersion: 1) { __typename } }',
    'mutation { removeAddress(id: "1") { __typename } }',
  ])('costs no statement when there is nothing else: %s', async (query) => {
    const statements = await graph.statementsDuring(async () => {
      const { status, data, errors } = await graph.request(query)
      expect(status).toBe(200)
      expect(new Set(Object.values(data as object))).toEqual(new Set([null]))
      expect(errors).toHaveLength(Object.keys(data as object).length)
    })
    expect(statements).toEqual([])
  })

  it('is for those whose token has the scope, and their scopes are not those of the next', async () => {
    const query =
      '{ products(first: 1) { nodes { variants(first: 1) { nodes { inventory { available reserved } } } } } }'
    const reserved = async (role?: 'CUSTOMER' | 'CATALOG_MANAGER') => {
      const { data, errors } = await graph.request(query, {}, role && (await graph.tokenOf(role)))
      return { text: JSON.stringify(data), errors }
    }
    const withheld = {
      text: expect.stringContaining('"reserved":null'),
      errors: [{ message: 'Unauthorized field or type' }],
    }
    expect(await reserved()).toMatchObject(withheld)
    expect(await reserved('CATALOG_MANAGER')).toEqual({ text: expect.stringMatching(/"reserved":\d/), errors: [] })
    expect(await reserved('CUSTOMER')).toMatchObject(withheld)
  })

  it('of oneself is for oneself', async () => {
    const query = '{ me { displayName email addresses { id } } }'
    expect(await graph.request(query)).toMatchObject({ data: { me: null }, errors: [] })
    const { data, errors } = await graph.request(query, {}, await graph.tokenOf('CUSTOMER'))
    expect(errors).toEqual([])
    expect(data).toMatchObject({ me: { email: expect.any(String), addresses: expect.any(Array) } })
  })
})
