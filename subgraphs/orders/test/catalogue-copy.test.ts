import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { rebuildCatalogueOf } from '../src/rebuild-catalogue.ts'
import { startPlacingShop, type PlacingShop } from './placing.ts'

let shop: PlacingShop
beforeEach(async () => {
  shop = await startPlacingShop()
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
})

const priceOf = async (variantId: string) => {
  const { lines, code } = await shop.quote([{ variantId, quantity: 1 }])
  return lines?.[0]?.unitPrice.amount ?? code
}

describe('the copy of the catalogue', () => {
  it('is asked for once, when it is empty at the start', async () => {
    await eventually(async () => shop.products.heard.length > 0)
    expect(shop.products.heard.map(({ type }) => type)).toEqual(['portico.catalogue.requested.v1'])
  })

  it('follows later versions of a product only, in whatever order and however often they come', async () => {
    const productId = randomUUID()
    const id = randomUUID()
    await shop.stockUp({ productId, version: 3, variants: [{ id, price: '300' }] })
    await shop.stockUp({ productId, version: 2, variants: [{ id, price: '200' }] })
    await shop.stockUp({ productId, version: 3, variants: [{ id, price: '333' }] })
    expect(await priceOf(id)).toBe('3.00')
    await shop.stockUp({ productId, version: 4, variants: [{ id, price: '400' }] })
    expect(await priceOf(id)).toBe('4.00')
  })

  it('stops selling what is archived, or no longer a variant of its product', async () => {
    const productId = randomUUID()
    const [kept, dropped] = [randomUUID(), randomUUID()]
    await shop.stockUp({ productId, version: 1, variants: [{ id: kept }, { id: dropped }] })
    await shop.stockUp({ productId, version: 2, variants: [{ id: kept }] })
    expect([await priceOf(kept), await priceOf(dropped)]).toEqual(['19.99', 'VALIDATION_FAILED'])
    await shop.stockUp({ productId, version: 3, status: 'ARCHIVED', variants: [{ id: kept }] })
    expect(await priceOf(kept)).toBe('VALIDATION_FAILED')
  })

  it('is replaced by what products says when it is rebuilt, also where the version is the same', async () => {
    const productId = randomUUID()
    const id = randomUUID()
    await shop.stockUp({ productId, version: 5, variants: [{ id }] })
    await shop.database.sql.query('UPDATE catalogue_variant SET price = 1')
    expect(await rebuildCatalogueOf(shop.database.url)).toContain('Asked products for the whole catalogue')
    await eventually(async () => shop.products.heard.length === 2)
    expect(await priceOf(id)).toBe('0.01')
    await shop.stockUp({ productId, version: 5, variants: [{ id }] })
    expect(await priceOf(id)).toBe('19.99')
  })
})
