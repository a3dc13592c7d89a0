import { PrismaClient } from '@portico/products/generated/prisma/client'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { openDatabase, type Database } from '@portico/service-kit/database'
import { fixShopCurrency } from '@portico/service-kit/shop-currency'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { createMemoryLog } from './memory-log.ts'

let database: TestDatabase
let shop: Database<PrismaClient>
beforeAll(async () => {
  database = await createTestDatabase('products')
  const limits = { poolMax: 5, connectWithinMs: 5000, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }
  const { log } = createMemoryLog()
  shop = openDatabase(
    (options) => new PrismaClient(options),
    { url: database.url, ...limits },
    { service: 'products', log },
  )
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe("a shop's currency", () => {
  it('is fixed by the first start, also when several processes start at once', async () => {
    const started = await Promise.allSettled(
      ['EUR', 'JPY', 'EUR', 'JPY'].map((currency) => fixShopCurrency(shop.client, currency)),
    )
    const fixed = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const refused = started.flatMap((start): unknown[] => (start.status === 'rejected' ? [start.reason] : []))
    expect(new Set(fixed).size).toBe(1)
    expect([fixed.length, refused.length]).toEqual([2, 2])
    for (const reason of refused) {
      expect(reason).toEqual(new ConfigError([`SHOP_CURRENCY: must be ${fixed[0]}, which the shop was started with`]))
    }
  })

  it('has to be one of ISO 4217', async () => {
    await expect(fixShopCurrency(shop.client, 'eur')).rejects.toEqual(
      new ConfigError(['SHOP_CURRENCY: eur is no currency of ISO 4217']),
    )
  })
})
