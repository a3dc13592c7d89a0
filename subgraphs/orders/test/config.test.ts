import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { startTestOrders } from './orders-subgraph.ts'
import { loadConfig } from '../src/config.ts'

const REQUIRED = { DATABASE_URL: 'postgresql://orders:secret@127.0.0.1:5432/orders', GATEWAY_KEYS_FILE: 'keys.json' }

describe('the configuration', () => {
  it('needs a database and the keys of the gateway, and has defaults for the rest', () => {
    expect(loadConfig(REQUIRED)).toMatchObject({
      shopCurrency: 'EUR',
      subgraph: { host: '127.0.0.1', production: true, trust: { kind: 'gateway', keysFile: 'keys.json' } },
    })
    expect(loadConfig({ ...REQUIRED, SHOP_CURRENCY: 'CHF' }).shopCurrency).toBe('CHF')
  })

  it('names every variable that is missing or wrong', () => {
    const load = () => loadConfig({ PORT: 'none', GATEWAY_KEYS_FILE: 'keys.json' })
    expect(load).toThrow(ConfigError)
    expect(load).toThrow(/DATABASE_URL: must be set/)
    expect(load).toThrow(/PORT: must be a whole number/)
  })
})

describe('the shop’s currency', () => {
  it('is what spending is counted in', async () => {
    await using orders = await startTestOrders('JPY')
    const { customerId } = await orders.place({ currency: 'JPY', shipping: 0n, lines: [{ unitPrice: 1500n }] })
    await orders.place({ customerId, currency: 'EUR' })
    const { data } = await orders.entities(
      [{ __typename: 'User', id: customerId }],
      '... on User { lifetimeSpend { amount currencyCode } }',
      { kind: 'user', id: customerId, roles: ['CUSTOMER'], scopes: [], plan: 'FREE' },
    )
    expect(data._entities).toEqual([{ lifetimeSpend: { amount: '1500', currencyCode: 'JPY' } }])
  })

  it('is one of ISO 4217', async () => {
    await expect(startTestOrders('XYZ')).rejects.toThrow('SHOP_CURRENCY: XYZ is no currency of ISO 4217')
  })
})
