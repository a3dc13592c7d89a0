import { PrismaClient } from '@portico/products/generated/prisma/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { openDatabase, type Database } from '@portico/service-kit/database'
import { fixShopCurrency } from '@portico/service-kit/shop-currency'
import { eventually } from '@portico/testkit/eventually'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { createMemoryLog } from './memory-log.ts'

const { log, lines, messages } = createMemoryLog()
let database: TestDatabase
let shop: Database<PrismaClient>
beforeAll(async () => {
  database = await createTestDatabase('products')
  const limits = { poolMax: 5, connectWithinMs: 5000, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }
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

/** How many connections the database takes, beside those that it has; -1 for any number. */
async function limitConnections(limit: number) {
  const { rows } = await database.sql.query<{ name: string }>('SELECT current_database() AS name')
  await database.sql.query(`ALTER DATABASE ${rows[0]?.name} CONNECTION LIMIT ${limit}`)
}

describe("a shop's currency", () => {
  it('is fixed by the first start, also when several processes start at once', async () => {
    const started = await Promise.allSettled(
      ['EUR', 'JPY', 'EUR', 'JPY'].map((currency) => fixShopCurrency(shop.client, currency, { log })),
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
    await expect(fixShopCurrency(shop.client, 'eur', { log })).rejects.toEqual(
      new ConfigError(['SHOP_CURRENCY: eur is no currency of ISO 4217']),
    )
  })

  describe('while the database is out of reach', () => {
    beforeEach(async () => {
      lines.length = 0
      await limitConnections(0)
      await database.breakConnections()
    })
    afterEach(() => limitConnections(-1))

    const waiting = () => eventually(() => messages().includes('waiting for the database'))

    it('is fixed as soon as it is back', async () => {
      await database.sql.query('DELETE FROM shop_setting')
      const fixing = fixShopCurrency(shop.client, 'EUR', { log })
      await waiting()
      await limitConnections(-1)
      expect(await fixing).toBe('EUR')
    })

    it('is waited for until the process is told to stop', async () => {
      const stop = new AbortController()
      const fixing = fixShopCurrency(shop.client, 'EUR', { log, stopping: stop.signal })
      const stopWhenWaiting = waiting().then(() => stop.abort())
      await expect(fixing).rejects.toMatchObject({ name: 'AbortError' })
      await stopWhenWaiting
    })
  })

  it('is not waited for when waiting is of no use', async () => {
    await database.sql.query('ALTER TABLE shop_setting RENAME TO elsewhere')
    await expect(fixShopCurrency(shop.client, 'EUR', { log })).rejects.toThrow('shop_setting')
  })
})
