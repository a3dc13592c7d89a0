import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { createIdentityKey, publicKeysOf } from '@portico/service-kit/identity-key'
import { startChild } from '../measure/child.ts'
import { freePorts } from './ports.ts'

/** Orders and products as they run in production, and how an order is placed. */
export interface Shop extends AsyncDisposable {
  /** Sends a document on behalf of a customer, and returns its `data`. */
  ask(customerId: string, query: string, variables: object): Promise<unknown>
}

const program = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Starts both from what was built. Events are pushed over HTTP, or go by RabbitMQ where its address is given. */
export async function startShop(
  urls: { orders: string; products: string },
  { amqpUrl }: { amqpUrl?: string | undefined },
): Promise<Shop> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-shop-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content))
    return join(folder, name)
  }
  const identity = await createIdentityKey()
  const keys = { orders: await createIdentityKey(), products: await createIdentityKey() }
  const [ordersPort = 0, productsPort = 0] = await freePorts(2)
  const ports = { orders: ordersPort, products: productsPort }
  for (const name of ['products', 'orders'] as const) {
    const other = name === 'orders' ? 'products' : 'orders'
    const push = {
      EVENTS_KEY_FILE: write(`${name}.json`, keys[name]),
      EVENTS_PUBLISHER_KEYS: `${other}=${write(`${other}-public.json`, publicKeysOf(keys[other]))}`,
      EVENTS_SUBSCRIBERS: `${other}=http://127.0.0.1:${ports[other]}`,
    }
    const child = startChild([process.execPath, program(`subgraphs/${name}/dist/main.js`)], {
      env: {
        PORT: String(ports[name]),
        ADMIN_PORT: 'off',
        LOG_LEVEL: 'warn',
        DRAIN_DELAY_MS: '0',
        DATABASE_URL: urls[name],
        GATEWAY_KEYS_FILE: write('identity.json', publicKeysOf(identity)),
        ...(amqpUrl === undefined ? push : { AMQP_URL: amqpUrl }),
      },
      cores: undefined,
      logFile: join(folder, `${name}.log`),
    })
    stack.use(child)
    await Promise.race([untilReady(ports[name]), child.ended])
  }
  const signer = await createEnvelopeSigner(identity)
  const url = `http://127.0.0.1:${ports.orders}/graphql`

  const running = stack.move()
  return {
    async ask(customerId, query, variables) {
      const viewer = { kind: 'user', id: customerId, roles: [], scopes: [], plan: 'FREE' } as const
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-portico-identity': await signer.sign(viewer, 'orders') },
        body: JSON.stringify({ query, variables }),
      })
      const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown }
      if (errors !== undefined) throw new Error(`orders answered ${JSON.stringify(errors)}`)
      return data
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function untilReady(port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
