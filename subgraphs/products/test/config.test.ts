import { describe, expect, it } from '@jest/globals'
import { NO_EVENTS } from '@portico/events/config'
import { ConfigError } from '@portico/service-kit/config'
import { createLogger } from '@portico/service-kit/logger'
import { createTestDatabase } from '@portico/testkit/test-database'
import { testSubgraphConfig } from '@portico/testkit/test-subgraph'
import { loadConfig } from '../src/config.ts'
import { startProducts } from '../src/server.ts'

const env = { NODE_ENV: 'development', STANDALONE: 'true', DATABASE_URL: 'postgresql://u:p@localhost:5432/products' }

describe('the configuration of products', () => {
  it('has euros unless told otherwise', () => {
    expect(loadConfig(env).shopCurrency).toBe('EUR')
    expect(loadConfig({ ...env, SHOP_CURRENCY: 'JPY' }).shopCurrency).toBe('JPY')
  })

  it('is refused when its currency is none, or not the one that the shop was started with', async () => {
    await using database = await createTestDatabase('products')
    const log = createLogger({ service: 'products', level: 'silent' })
    const subgraph = { ...testSubgraphConfig(database.url, 'unused'), trust: { kind: 'anyone' } as const }
    const start = async (shopCurrency: string) => {
      await using _ = await startProducts({ subgraph, events: NO_EVENTS, shopCurrency }, { log })
    }
    await expect(start('XYZ')).rejects.toThrow('SHOP_CURRENCY: XYZ is no currency of ISO 4217')
    await start('EUR')
    await start('EUR')
    await expect(start('USD')).rejects.toThrow(ConfigError)
    await expect(start('USD')).rejects.toThrow('SHOP_CURRENCY: must be EUR')
  })
})
