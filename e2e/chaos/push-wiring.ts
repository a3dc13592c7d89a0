import { readFile } from 'node:fs/promises'
import type { Random } from '@portico/database/demo/random'
import { createSigner } from '@portico/events/push-signature'
import { parseIdentityKey } from '@portico/service-kit/identity-key'
import { createTestIdentity } from '@portico/testkit/identity'
import type { Deliveries } from './deliveries.ts'
import { otherThan, type EventWiring } from './event-wiring.ts'
import { startPushProxy, type Fates } from './push-proxy.ts'
import type { StoreName } from './stores.ts'

/** Events by HTTP push, through a proxy before each subgraph. */
export async function startPushWiring(options: {
  /** The replicas of each subgraph. */
  urls: Readonly<Record<StoreName, readonly string[]>>
  random: Random
  likelihoods: Fates
  deliveries: Deliveries
}): Promise<EventWiring> {
  const { urls, random: source, likelihoods, deliveries } = options
  await using stack = new AsyncDisposableStack()
  const keys = { orders: stack.use(await createTestIdentity()), products: stack.use(await createTestIdentity()) }

  async function startProxyTo(subscriber: StoreName) {
    const sender = otherThan(subscriber)
    const key = parseIdentityKey(await readFile(keys[sender].privateKeyFile, 'utf8'))
    const sign = await createSigner(sender, key)
    const targets = urls[subscriber]
    const random = source.branch(subscriber)
    return stack.use(await startPushProxy({ subscriber, targets, sign, random, likelihoods, deliveries }))
  }
  const proxies = { orders: await startProxyTo('orders'), products: await startProxyTo('products') }

  const running = stack.move()
  return {
    variables(name) {
      const other = otherThan(name)
      return {
        EVENTS_KEY_FILE: keys[name].privateKeyFile,
        EVENTS_PUBLISHER_KEYS: `${other}=${keys[other].publicKeysFile}`,
        EVENTS_SUBSCRIBERS: `${other}=${proxies[other].url}`,
      }
    },
    fragiles: [],
    calm() {
      proxies.orders.calm()
      proxies.products.calm()
    },
    held: () => proxies.orders.held() + proxies.products.held(),
    fates: () => sumOf(proxies.orders.fates(), proxies.products.fates()),
    queues: async () => ({ live: 0, dead: 0 }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function sumOf(...counts: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) sums[name] = (sums[name] ?? 0) + count
  return sums
}
