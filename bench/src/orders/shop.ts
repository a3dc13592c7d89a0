import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { createIdentityKey, publicKeysOf, type IdentityKey } from '@portico/service-kit/identity-key'
import { freePorts } from '@portico/testkit/free-ports'
import { startChild } from '../measure/child.ts'
import { gatewayCommand } from '../portico.ts'
import { createViewers } from '../viewers.ts'

/** Orders and products as they run in production, and how an order is placed. */
export interface Shop extends AsyncDisposable {
  /** Sends a document on behalf of a customer, and returns its `data`. */
  ask(customerId: string, query: string, variables: object): Promise<unknown>
  /** The processes, by what they are. */
  pids: ReadonlyMap<number, string>
}

/** How a shop is measured. */
export interface ShopOptions {
  /** Events go by this RabbitMQ; without it they are pushed over HTTP. */
  amqpUrl?: string | undefined
  /** Customers ask the gateway, with all that it does in production; without it they ask orders as the gateway would. */
  isBehindGateway?: boolean
  /** Where each program writes a CPU profile, as `orders.json`, of what is between two SIGWINCH. */
  profileFolder?: string
}

const PROFILER = new URL('../../peers/write-profile.ts', import.meta.url).href

const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Starts all from what was built. */
export async function startShop(
  urls: { orders: string; products: string },
  { amqpUrl, isBehindGateway = false, profileFolder }: ShopOptions,
): Promise<Shop> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-shop-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 })
    return join(folder, name)
  }
  const pids = new Map<number, string>()
  const start = async (name: string, command: string[], env: Record<string, string> & { PORT: string }) => {
    const common = { ADMIN_PORT: 'off', LOG_LEVEL: 'warn', DRAIN_DELAY_MS: '0', NODE_ENV: 'production' }
    const profiled =
      profileFolder === undefined
        ? {}
        : { NODE_OPTIONS: `--import=${PROFILER}`, BENCH_PROFILE_FILE: join(profileFolder, `${name}.json`) }
    const logFile = join(folder, `${name}.log`)
    const options = { env: { ...common, ...profiled, ...env }, cores: undefined, logFile }
    const child = stack.use(startChild(command, options))
    pids.set(child.pid, name)
    await Promise.race([untilReady(env.PORT), child.ended])
  }

  const identity = await createIdentityKey()
  const keys = { orders: await createIdentityKey(), products: await createIdentityKey() }
  const [ordersPort = 0, productsPort = 0, gatewayPort = 0] = await freePorts(3)
  const ports = { orders: ordersPort, products: productsPort }
  for (const name of ['products', 'orders'] as const) {
    const other = name === 'orders' ? 'products' : 'orders'
    const push = {
      EVENTS_KEY_FILE: write(`${name}.json`, keys[name]),
      EVENTS_PUBLISHER_KEYS: `${other}=${write(`${other}-public.json`, publicKeysOf(keys[other]))}`,
      EVENTS_SUBSCRIBERS: `${other}=http://127.0.0.1:${ports[other]}`,
    }
    await start(name, [process.execPath, pathOf(`subgraphs/${name}/dist/main.js`)], {
      PORT: String(ports[name]),
      DATABASE_URL: urls[name],
      GATEWAY_KEYS_FILE: write('identity-public.json', publicKeysOf(identity)),
      ...(amqpUrl === undefined ? push : { AMQP_URL: amqpUrl }),
    })
  }
  if (!isBehindGateway) {
    const headersOf = await signedAsGateway(identity)
    return { pids, ask: createAsk(ports.orders, headersOf), [Symbol.asyncDispose]: disposalOf(stack) }
  }
  const viewers = await createViewers(folder)
  await start('gateway', gatewayCommand('--supergraph', pathOf('schema/supergraph.graphql')), {
    PORT: String(gatewayPort),
    JWKS_URL: viewers.jwksUrl,
    IDENTITY_KEY_FILE: write('identity.json', identity),
    SUBGRAPH_URLS: ['users', 'products', 'orders']
      // Nobody asks users for anything here.
      .map((name) => `${name}=http://127.0.0.1:${name === 'products' ? productsPort : ordersPort}/graphql`)
      .join(),
  })
  const tokens = new Map<string, Promise<string>>()
  const headersOf = async (customerId: string) => {
    const authorization = tokens.get(customerId) ?? viewers.authorizationOf(customerId)
    tokens.set(customerId, authorization)
    return { authorization: await authorization }
  }
  return { pids, ask: createAsk(gatewayPort, headersOf), [Symbol.asyncDispose]: disposalOf(stack) }
}

function disposalOf(stack: AsyncDisposableStack): () => Promise<void> {
  const running = stack.move()
  return () => running.disposeAsync()
}

type HeadersOf = (customerId: string) => Promise<Record<string, string>>

async function signedAsGateway(identity: IdentityKey): Promise<HeadersOf> {
  const signer = await createEnvelopeSigner(identity)
  return async (id) => {
    const viewer = { kind: 'user', id, roles: [], scopes: [], plan: 'FREE' } as const
    return { 'x-portico-identity': await signer.sign(viewer, 'orders') }
  }
}

function createAsk(port: number, headersOf: HeadersOf): Shop['ask'] {
  return async (customerId, query, variables) => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await headersOf(customerId)) },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown }
    if (errors !== undefined) throw new Error(`It was answered ${JSON.stringify(errors)}`)
    return data
  }
}

async function untilReady(port: string): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
