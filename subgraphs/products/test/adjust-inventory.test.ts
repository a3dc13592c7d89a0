import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { SignedInViewer, Viewer } from '@portico/service-kit/viewer'
import { catalogManager, customer, support } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

let products: TestProducts
beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products[Symbol.asyncDispose]())

const ADJUST = `mutation ($sku: String!, $delta: Int!, $reason: String!, $key: String!) {
  adjustInventory(sku: $sku, delta: $delta, reason: $reason, idempotencyKey: $key) {
    __typename
    ... on ProductVariant { sku inventory { available reserved status } }
    ... on UserError { code message }
    ... on ValidationError { issues { path message } }
  }
}`
interface Reply {
  adjustInventory: { __typename: string; issues?: { path: string[]; message: string }[] } | null
}
interface Adjustment {
  sku: string
  delta: number
  reason?: string
  key?: string
}
const manager = catalogManager()
function adjust({ sku, delta, reason = 'counted', key = randomUUID() }: Adjustment, viewer: Viewer = manager) {
  return products.request<Reply>(ADJUST, { sku, delta, reason, key }, viewer)
}

async function addSku(available: number, reserved = 0, status: 'ACTIVE' | 'DRAFT' | 'ARCHIVED' = 'ACTIVE') {
  const { variants } = await products.add({ status, variants: [{ available, reserved }] })
  return variants[0]?.sku ?? ''
}

async function stockOf(sku: string) {
  const { rows } = await products.database.sql.query<{ available: number; reserved: number; adjusted: number }>(
    `SELECT i.available, i.reserved,
       (SELECT coalesce(sum(a.delta), 0)::int FROM inventory_adjustment a WHERE a.variant_id = v.id) AS adjusted
     FROM product_variant v JOIN inventory i ON i.variant_id = v.id WHERE v.sku = $1`,
    [sku],
  )
  return rows[0]
}

describe('adjustInventory', () => {
  it('adds and takes away, and writes down who did it and why', async () => {
    const sku = await addSku(4, 3)
    const added = await adjust({ sku, delta: 6, reason: ' delivery ' })
    expect(added.errors).toEqual([])
    expect(added.data.adjustInventory).toEqual({
      __typename: 'ProductVariant',
      sku,
      inventory: { available: 10, reserved: 3, status: 'IN_STOCK' },
    })
    const taken = await adjust({ sku, delta: -10, reason: 'broken' })
    expect(taken.data.adjustInventory).toMatchObject({
      inventory: { available: 0, reserved: 3, status: 'OUT_OF_STOCK' },
    })
    const { rows } = await products.database.sql.query(
      `SELECT delta, reason, actor_id FROM inventory_adjustment a JOIN product_variant v ON v.id = a.variant_id
       WHERE v.sku = $1 ORDER BY a.created_at, delta DESC`,
      [sku],
    )
    expect(rows).toEqual([
      { delta: 6, reason: 'delivery', actor_id: manager.id },
      { delta: -10, reason: 'broken', actor_id: manager.id },
    ])
  })

  it('never takes more than is available, and leaves the key unused then', async () => {
    const sku = await addSku(4, 9)
    const key = randomUUID()
    const { data } = await adjust({ sku, delta: -5, key })
    expect(data.adjustInventory).toMatchObject({
      __typename: 'ValidationError',
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['delta'], message: 'takes more than the 4 available' }],
    })
    expect(await stockOf(sku)).toEqual({ available: 4, reserved: 9, adjusted: 0 })
    const { data: fewer } = await adjust({ sku, delta: -4, key })
    expect(fewer.adjustInventory).toMatchObject({ __typename: 'ProductVariant', inventory: { available: 0 } })
  })

  it('never makes more than an Int can tell', async () => {
    const sku = await addSku(1)
    const { data } = await adjust({ sku, delta: 2_147_483_647 })
    expect(data.adjustInventory).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['delta'] }] })
    expect((await adjust({ sku, delta: 2_147_483_646 })).data.adjustInventory).toMatchObject({
      inventory: { available: 2_147_483_647 },
    })
  })

  it('says everything that is wrong at once', async () => {
    const { data } = await adjust({ sku: await addSku(1), delta: 0, reason: '', key: '' })
    expect(data.adjustInventory?.issues).toEqual([
      { path: ['delta'], message: 'must not be 0' },
      { path: ['reason'], message: 'must not be empty' },
      { path: ['idempotencyKey'], message: 'must not be empty' },
    ])
    const least = await adjust({ sku: await addSku(1), delta: -2_147_483_648 })
    expect(least.data.adjustInventory).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['delta'] }] })
  })

  it.each(['NOBODY', '', 'a\u0000b'])('does not find the sku %j', async (sku) => {
    const { data } = await adjust({ sku, delta: 1 })
    expect(data.adjustInventory).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'There is no such sku.',
    })
  })

  it('is for those who write inventories, of products that they see', async () => {
    const sku = await addSku(1)
    for (const viewer of [undefined, customer(), support()]) {
      const { data, errors } = await products.request(ADJUST, { sku, delta: 1, reason: 'found', key: 'k' }, viewer)
      expect(data).toEqual({ adjustInventory: null })
      expect(errors).toMatchObject([{ path: ['adjustInventory'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
    const warehouse: SignedInViewer = { ...customer(), scopes: ['inventory:read', 'inventory:write'] }
    expect((await adjust({ sku, delta: 1 }, warehouse)).data.adjustInventory?.__typename).toBe('ProductVariant')
    const draft = await addSku(1, 0, 'DRAFT')
    expect((await adjust({ sku: draft, delta: 1 }, warehouse)).data.adjustInventory?.__typename).toBe('NotFoundError')
    expect((await adjust({ sku: draft, delta: 1 })).data.adjustInventory?.__typename).toBe('ProductVariant')
  })

  it('writes nobody down for a viewer of another issuer', async () => {
    const sku = await addSku(1)
    const { data } = await adjust({ sku, delta: 1 }, { ...manager, id: 'auth0|someone' })
    expect(data.adjustInventory?.__typename).toBe('ProductVariant')
    expect(await stockOf(sku)).toEqual({ available: 2, reserved: 0, adjusted: 1 })
  })

  it('shows what it wrote to the rest of the operation', async () => {
    const sku = await addSku(1)
    const { data } = await products.request(
      `mutation ($sku: String!, $a: String!, $b: String!) {
        a: adjustInventory(sku: $sku, delta: 1, reason: "x", idempotencyKey: $a) { ...stock }
        b: adjustInventory(sku: $sku, delta: 1, reason: "x", idempotencyKey: $b) { ...stock }
      }
      fragment stock on ProductVariant { inventory { available } }`,
      { sku, a: randomUUID(), b: randomUUID() },
      manager,
    )
    expect(data).toEqual({ a: { inventory: { available: 2 } }, b: { inventory: { available: 3 } } })
  })
})

describe('adjustInventory under an idempotency key', () => {
  it('adjusts once, whatever became of the stock meanwhile', async () => {
    const sku = await addSku(5)
    const key = randomUUID()
    await adjust({ sku, delta: -5, key })
    const again = await adjust({ sku, delta: -5, key })
    expect(again.data.adjustInventory).toMatchObject({ __typename: 'ProductVariant', inventory: { available: 0 } })
    expect(await stockOf(sku)).toEqual({ available: 0, reserved: 0, adjusted: -5 })
  })

  it.each([{ delta: 2 }, { reason: 'other' }])('refuses %j under the key of something else', async (other) => {
    const sku = await addSku(5)
    const key = randomUUID()
    await adjust({ sku, delta: 1, key })
    const { data } = await adjust({ sku, delta: 1, key, ...other })
    expect(data.adjustInventory).toMatchObject({ __typename: 'IdempotencyMismatchError', code: 'IDEMPOTENCY_MISMATCH' })
  })

  it('adjusts once in 20 concurrent calls', async () => {
    const sku = await addSku(5)
    const key = randomUUID()
    const replies = await Promise.all(Array.from({ length: 20 }, () => adjust({ sku, delta: 3, key })))
    expect(replies.flatMap(({ errors }) => errors)).toEqual([])
    expect(replies.every(({ data }) => data.adjustInventory?.__typename === 'ProductVariant')).toBe(true)
    expect(await stockOf(sku)).toEqual({ available: 8, reserved: 0, adjusted: 3 })
  })
})

describe('stock', () => {
  it('is given to as many of 50 concurrent takers as it lasts for', async () => {
    const sku = await addSku(30)
    const replies = await Promise.all(Array.from({ length: 50 }, () => adjust({ sku, delta: -1 })))
    expect(replies.flatMap(({ errors }) => errors)).toEqual([])
    const names = replies.map(({ data }) => data.adjustInventory?.__typename)
    expect(names.filter((name) => name === 'ProductVariant')).toHaveLength(30)
    expect(names.filter((name) => name === 'ValidationError')).toHaveLength(20)
    expect(await stockOf(sku)).toEqual({ available: 0, reserved: 0, adjusted: -30 })
  })
})
