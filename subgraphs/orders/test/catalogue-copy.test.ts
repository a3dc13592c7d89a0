import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openDatabase } from '@portico/service-kit/database'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { bootstrapCatalogue } from '../src/catalogue-copy.ts'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { rebuildCatalogueOf } from '../src/rebuild-catalogue.ts'
import { startTestOrders } from './orders-subgraph.ts'
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
const NOT_FOR_SALE = 'VALIDATION_FAILED'

/** The requests for pages that products heard, once there are so many. */
async function requestsHeard(count: number) {
  const requests = () => shop.products.heard.filter(({ type }) => type === 'portico.catalogue.requested.v1')
  await eventually(async () => requests().length >= count)
  return requests()
}

/** An id of a product; those of greater numbers come later in the catalogue. */
const productAt = (number: number) => `${number}${randomUUID().slice(1)}`

describe('the copy of the catalogue', () => {
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
    expect([await priceOf(kept), await priceOf(dropped)]).toEqual(['19.99', NOT_FOR_SALE])
    await shop.stockUp({ productId, version: 3, status: 'ARCHIVED', variants: [{ id: kept }] })
    expect(await priceOf(kept)).toBe(NOT_FOR_SALE)
  })

  it('never sells a variant that only an older version of its product has, also if that one comes late', async () => {
    const productId = randomUUID()
    const [kept, dropped] = [randomUUID(), randomUUID()]
    await shop.stockUp({ productId, version: 3, variants: [{ id: kept }] })
    await shop.stockUp({ productId, version: 2, variants: [{ id: kept }, { id: dropped }] })
    expect([await priceOf(kept), await priceOf(dropped)]).toEqual(['19.99', NOT_FOR_SALE])
  })

  it('has the variants of the latest version when several come at the same moment', async () => {
    const products = Array.from({ length: 10 }, () => ({ productId: randomUUID(), ids: [randomUUID(), randomUUID()] }))
    await Promise.all(
      products.flatMap(({ productId, ids }) =>
        [1, 2, 3].map((version) =>
          shop.stockUp({ productId, version, variants: ids.slice(0, version === 3 ? 1 : 2).map((id) => ({ id })) }),
        ),
      ),
    )
    const { rows } = await shop.database.sql.query<{ id: string }>('SELECT variant_id AS id FROM catalogue_variant')
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(products.map(({ ids }) => ids[0])))
  })
})

describe('an empty copy of the catalogue', () => {
  it('is asked for at the start, and filled page by page', async () => {
    const [request] = await requestsHeard(1)
    const requestId = request?.subject ?? ''
    expect(request?.data).toEqual({ requestId, after: null })
    const [first, second] = [productAt(1), productAt(5)]
    const [one, other] = [randomUUID(), randomUUID()]

    await shop.tellPage({ requestId, upTo: first, products: [{ productId: first, variants: [{ id: one }] }] })
    expect((await requestsHeard(2))[1]).toMatchObject({ subject: requestId, data: { requestId, after: first } })
    await shop.tellPage({ requestId, after: first, products: [{ productId: second, variants: [{ id: other }] }] })
    expect([await priceOf(one), await priceOf(other)]).toEqual(['19.99', '19.99'])
    // The last page asks for none: what is heard next is another question.
    await rebuildCatalogueOf(shop.database.url)
    expect((await requestsHeard(3)).map(({ subject }) => subject === requestId)).toEqual([true, true, false])
  })

  it('is asked for once while the question waits, and again when it was lost after the answer', async () => {
    await requestsHeard(1)
    const { url, sql } = shop.database
    const log = createLogger({ service: 'test', level: 'silent' })
    const pool = { poolMax: 1, connectWithinMs: 5000, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }
    await using database = openDatabase(
      (options) => new PrismaClient(options),
      { url, ...pool },
      { service: 'test', log },
    )
    const stateTo = (state: string) => sql.query('UPDATE outbox_event SET state = $1::event_state', [state])
    const asked = async () => (await sql.query('SELECT FROM outbox_event')).rowCount

    await sql.query(`UPDATE outbox_event SET state = 'PENDING', next_attempt_at = now() + interval '1 day'`)
    await bootstrapCatalogue(database.client, log)
    expect(await asked()).toBe(1)
    await stateTo('DONE')
    await bootstrapCatalogue(database.client, log)
    expect(await asked()).toBe(2)
    await shop.stockUp({ status: 'DRAFT', variants: [{ id: randomUUID() }] })
    await stateTo('DONE')
    await bootstrapCatalogue(database.client, log)
    expect(await asked()).toBe(2)
  })

  it('is not asked for where nothing sends the question', async () => {
    await using alone = await startTestOrders()
    expect((await alone.database.sql.query('SELECT FROM outbox_event')).rowCount).toBe(0)
  })
})

describe('a rebuild of the catalogue', () => {
  it('replaces what products tells otherwise, also where the version is the same or older', async () => {
    const [same, older] = [productAt(1), productAt(2)]
    const [one, other] = [randomUUID(), randomUUID()]
    await shop.stockUp({ productId: same, version: 5, variants: [{ id: one }] })
    await shop.stockUp({ productId: older, version: 5, variants: [{ id: other, price: '500' }] })
    await shop.database.sql.query('UPDATE catalogue_variant SET price = 1 WHERE variant_id = $1', [one])
    expect(await rebuildCatalogueOf(shop.database.url)).toContain('Asked products for the whole catalogue')
    await requestsHeard(2)
    expect(await priceOf(one)).toBe('0.01')
    await shop.tellPage({
      products: [
        { productId: same, version: 5, variants: [{ id: one }] },
        { productId: older, version: 4, variants: [{ id: other, price: '400' }] },
      ],
    })
    expect([await priceOf(one), await priceOf(other)]).toEqual(['19.99', '4.00'])
  })

  it('takes off sale what products has no more, page by page, in whatever order the pages come', async () => {
    const ids = [1, 2, 3, 4].map(() => randomUUID())
    const products = ids.map((id, index) => ({ productId: productAt(index + 1), variants: [{ id }] }))
    for (const product of products) await shop.stockUp(product)
    const prices = () => Promise.all(ids.map(priceOf))
    await rebuildCatalogueOf(shop.database.url)
    expect(await prices()).toEqual(['19.99', '19.99', '19.99', '19.99'])
    const between = products[1]?.productId ?? ''
    await shop.tellPage({ after: between, products: products.slice(2, 3) })
    expect(await prices()).toEqual(['19.99', '19.99', '19.99', NOT_FOR_SALE])
    await shop.tellPage({ upTo: between, products: products.slice(1, 2) })
    expect(await prices()).toEqual([NOT_FOR_SALE, '19.99', '19.99', NOT_FOR_SALE])
  })

  it('keeps what orders heard of meanwhile, though the page is older', async () => {
    const [made, gone] = [randomUUID(), randomUUID()]
    await shop.stockUp({ variants: [{ id: gone }] })
    await rebuildCatalogueOf(shop.database.url)
    await shop.stockUp({ variants: [{ id: made }] })
    await shop.tellPage({ products: [] })
    expect([await priceOf(made), await priceOf(gone)]).toEqual(['19.99', NOT_FOR_SALE])
  })
})
