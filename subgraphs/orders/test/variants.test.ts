import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { admin, catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestOrders, type TestOrders } from './orders-subgraph.ts'

let orders: TestOrders
beforeAll(async () => {
  orders = await startTestOrders()
  await orders.database.sql.query('DELETE FROM shipping_rate')
  await orders.database.sql.query(
    `INSERT INTO shipping_rate (country_code, max_weight_grams, price, currency) VALUES
     ('DE', 1000, 490, 'EUR'), ('DE', 5000, 690, 'EUR'), ('CH', 2000, 1500, 'CHF'),
     ('*', 1000, 1990, 'EUR'), ('*', 10000, 4990, 'EUR')`,
  )
})
afterAll(() => orders[Symbol.asyncDispose]())

const variant = (weightGrams?: number) => ({
  __typename: 'ProductVariant',
  id: crypto.randomUUID(),
  ...(weightGrams === undefined ? {} : { weightGrams }),
})
const estimates = (weights: readonly number[], countryCode: string) =>
  orders.entities<{ shippingEstimate: unknown }>(
    weights.map(variant),
    `... on ProductVariant { shippingEstimate(countryCode: ${JSON.stringify(countryCode)}) { amount currencyCode } }`,
  )
async function estimatesTo(countryCode: string, ...weights: number[]) {
  const { data, errors } = await estimates(weights, countryCode)
  expect(errors).toEqual([])
  return data._entities.map((entity) => entity?.shippingEstimate)
}
const eur = (amount: string) => ({ amount, currencyCode: 'EUR' })

describe('what sending a variant costs', () => {
  it('is the price of the lightest class that holds it, up to its last gram', async () => {
    expect(await estimatesTo('DE', 1, 1000, 1001, 5000)).toEqual([eur('4.90'), eur('4.90'), eur('6.90'), eur('6.90')])
    expect(await estimatesTo('DE', 0)).toEqual([eur('4.90')])
  })

  it('is that of all other countries where a country has no class for it', async () => {
    expect(await estimatesTo('BR', 1000, 1001)).toEqual([eur('19.90'), eur('49.90')])
    expect(await estimatesTo('DE', 5001)).toEqual([eur('49.90')])
  })

  it('is in the currency of the rate', async () => {
    expect(await estimatesTo('CH', 2000)).toEqual([{ amount: '15.00', currencyCode: 'CHF' }])
  })

  it('is null when no class holds it', async () => {
    expect(await estimatesTo('DE', 10_000, 10_001)).toEqual([eur('49.90'), null])
    expect(await estimatesTo('BR', 10_001)).toEqual([null])
  })

  it('needs a country code', async () => {
    for (const wrong of ['', 'de', 'DEU', '*', 'D1', ' DE']) {
      const { data, errors } = await estimates([100], wrong)
      expect(data._entities).toEqual([{ shippingEstimate: null }])
      expect(errors).toMatchObject([
        {
          path: ['_entities', 0, 'shippingEstimate'],
          message: '"countryCode" must be an ISO 3166 country code such as DE.',
          extensions: { code: 'BAD_USER_INPUT', argumentName: 'countryCode' },
        },
      ])
    }
  })

  it('is estimated for several countries in one statement', async () => {
    const statements = await orders.statementsDuring(async () => {
      const { data } = await orders.entities(
        [variant(500), variant(20_000)],
        `... on ProductVariant {
          de: shippingEstimate(countryCode: "DE") { amount }
          br: shippingEstimate(countryCode: "BR") { amount }
        }`,
      )
      expect(data._entities).toEqual([
        { de: { amount: '4.90' }, br: { amount: '19.90' } },
        { de: null, br: null },
      ])
    })
    expect(statements).toHaveLength(1)
  })
})

describe('how much of a variant was sold', () => {
  const unitsSold = async (ids: readonly string[], viewer = support()) => {
    const { data, errors } = await orders.entities<{ unitsSold: number }>(
      ids.map((id) => ({ __typename: 'ProductVariant', id })),
      '... on ProductVariant { unitsSold }',
      viewer,
    )
    expect(errors).toEqual([])
    return data._entities.map((entity) => entity?.unitsSold)
  }

  it('is the sum over confirmed, shipped and delivered orders', async () => {
    const [cup, pot] = [variant().id, variant().id]
    for (const [index, status] of (
      ['CONFIRMED', 'SHIPPED', 'DELIVERED', 'PENDING', 'REJECTED', 'CANCELLED'] as const
    ).entries()) {
      await orders.place({
        status,
        lines: [{ variantId: cup, quantity: 10 ** index }, { variantId: cup, quantity: 1 }, {}],
      })
    }
    await orders.place({ currency: 'USD', lines: [{ variantId: pot, quantity: 7 }] })
    expect(await unitsSold([pot, cup, variant().id, 'no id', cup.toUpperCase()])).toEqual([7, 114, 0, 0, 114])
  })

  it('is for staff who may read orders', async () => {
    const reference = { __typename: 'ProductVariant', id: variant().id }
    expect(await unitsSold([reference.id], admin())).toEqual([0])
    for (const viewer of [undefined, customer(), catalogManager()]) {
      const { data, errors } = await orders.entities([reference], '... on ProductVariant { id unitsSold }', viewer)
      expect(data._entities).toEqual([{ id: reference.id, unitsSold: null }])
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
  })
})
