import { createIdentityKey, publicKeysOf } from '@portico/service-kit/identity-key'
import { fastify } from 'fastify'
import { createHttpTransport } from '../src/http-transport.ts'
import { createSigner, createVerifier } from '../src/push-signature.ts'
import { describeTransport } from './transports.ts'

const keys = { orders: await createIdentityKey(), products: await createIdentityKey() }

describeTransport('HTTP push', async () => {
  await using stack = new AsyncDisposableStack()
  const end = async (name: 'orders' | 'products', other: 'orders' | 'products') => {
    const subscribers = new Map<string, URL>()
    const transport = stack.use(
      createHttpTransport({
        subscribers,
        sign: await createSigner(name, keys[name]),
        verify: createVerifier(name, new Map([[other, publicKeysOf(keys[other])]])),
      }),
    )
    const server = fastify({ forceCloseConnections: true })
    transport.routes?.(server)
    stack.defer(() => server.close())
    return { transport, subscribers, address: new URL(await server.listen({ host: '127.0.0.1', port: 0 })) }
  }
  const orders = await end('orders', 'products')
  const products = await end('products', 'orders')
  orders.subscribers.set('products', products.address)
  products.subscribers.set('orders', orders.address)
  const opened = stack.move()
  return {
    orders: orders.transport,
    products: products.transport,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
})
