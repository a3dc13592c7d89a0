import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { startTestOrders } from './orders-subgraph.ts'
import { loadConfig } from '../src/config.ts'

const REQUIRED = {
  DATABASE_URL: 'postgresql://orders:secret@127.0.0.1:5432/orders',
  GATEWAY_KEYS_FILE: 'keys.json',
  AMQP_URL: 'amqp://orders:secret@127.0.0.1:5672',
}
const PUSH = {
  EVENTS_KEY_FILE: 'orders.json',
  EVENTS_PUBLISHER_KEYS: 'products=products.json',
  EVENTS_SUBSCRIBERS: 'products=http://127.0.0.1:4002',
}

describe('the configuration', () => {
  it('needs a database and the keys of the gateway, and has defaults for the rest', () => {
    expect(loadConfig(REQUIRED)).toMatchObject({
      shopCurrency: 'EUR',
      subgraph: { host: '127.0.0.1', production: true, trust: { kind: 'gateway', keysFile: 'keys.json' } },
    })
    expect(loadConfig({ ...REQUIRED, SHOP_CURRENCY: 'CHF' }).shopCurrency).toBe('CHF')
  })

  it('takes events by RabbitMQ, or pushed over HTTP, or none at all where somebody works on it alone', () => {
    const { AMQP_URL, ...others } = REQUIRED
    expect(loadConfig(REQUIRED).events).toEqual({
      transport: { kind: 'rabbitmq', url: AMQP_URL, queueType: 'quorum', prefetch: 50 },
      concurrency: 6,
    })
    expect(loadConfig({ ...others, ...PUSH }).events.transport).toEqual({
      kind: 'http',
      keyFile: 'orders.json',
      publisherKeys: new Map([['products', 'products.json']]),
      subscribers: new Map([['products', new URL('http://127.0.0.1:4002')]]),
    })
    const alone = { DATABASE_URL: REQUIRED.DATABASE_URL, STANDALONE: 'true', NODE_ENV: 'development' }
    expect(loadConfig(alone).events.transport).toEqual({ kind: 'none' })
  })

  it('refuses ways of events that contradict each other, are half told or missing', () => {
    const { AMQP_URL: _, ...others } = REQUIRED
    const { EVENTS_SUBSCRIBERS: __, ...half } = PUSH
    expect(() => loadConfig({ ...REQUIRED, ...PUSH })).toThrow(/EVENTS_KEY_FILE: contradicts AMQP_URL/)
    expect(() => loadConfig({ ...others, ...half })).toThrow(/EVENTS_SUBSCRIBERS: must be set with the other EVENTS_/)
    expect(() => loadConfig(others)).toThrow(/AMQP_URL: must be set, or EVENTS_KEY_FILE/)
    expect(() => loadConfig({ ...others, ...PUSH, EVENTS_SUBSCRIBERS: 'products=ftp://x,y' })).toThrow(
      /EVENTS_SUBSCRIBERS: must be products=http:/,
    )
    expect(() => loadConfig({ ...others, AMQP_URL: 'http://rabbit' })).toThrow(/AMQP_URL: must look like amqp:/)
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
