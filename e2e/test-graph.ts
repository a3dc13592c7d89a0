import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDemoData } from '@portico/database/demo-data'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { loadConfig as loadGatewayConfig } from '@portico/gateway/config'
import { startGateway } from '@portico/gateway/gateway'
import { loadConfig as loadOrdersConfig } from '@portico/orders/config'
import { startOrders } from '@portico/orders/server'
import { loadConfig as loadProductsConfig } from '@portico/products/config'
import { startProducts } from '@portico/products/server'
import type { Environment } from '@portico/service-kit/config'
import { createLogger } from '@portico/service-kit/logger'
import { freePorts } from '@portico/testkit/free-ports'
import { createTestIdentity, type TestIdentity } from '@portico/testkit/identity'
import { postGraphql, type GraphqlReply } from '@portico/testkit/post-graphql'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { isBackground } from '@portico/testkit/test-subgraph'
import { loadConfig as loadUsersConfig } from '@portico/users/config'
import { startUsers } from '@portico/users/server'
import { createSigningKey } from '@portico/users/signing-keys'

export type SubgraphName = 'users' | 'products' | 'orders'

/** Starts a subgraph with these variables; a test may run it elsewhere than in its own process. */
export type StartSubgraph = (name: SubgraphName, env: Environment) => Promise<AsyncDisposable & { url: URL }>

/** The whole graph in this process: real gateway, real subgraphs, real databases with the demo data. */
export interface TestGraph {
  url: URL
  /** The gateway's admin server. */
  adminUrl: URL | undefined
  databases: Record<SubgraphName, TestDatabase>
  subgraphs: Record<SubgraphName, { url: URL; stop(): Promise<void>; start(): Promise<void> }>
  /** The keys by which the subgraphs know the gateway. */
  identity: TestIdentity
  /** The keys by which the gateway knows access tokens. */
  signingKeysFolder: string
  /** Sends an operation to the gateway; as nobody, unless an access token is given. */
  request<Data>(query: string, variables?: Record<string, unknown>, accessToken?: string): Promise<GraphqlReply<Data>>
  /** Signs one of the demo logins in, once, and returns its access token. */
  tokenOf(role: 'CUSTOMER' | 'SUPPORT' | 'CATALOG_MANAGER' | 'ADMIN'): Promise<string>
  /** Runs something, and returns the SQL statements that all subgraphs sent meanwhile, but for health checks. */
  statementsDuring(run: () => Promise<unknown>): Promise<string[]>
  /** What all processes logged so far, as text. */
  logged(): string
  [Symbol.asyncDispose](): Promise<void>
}

export async function startTestGraph(gatewayEnv: Environment = {}, startElsewhere?: StartSubgraph): Promise<TestGraph> {
  await using stack = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (service: string) => createLogger({ service, level: 'info' }, { write: (line) => void lines.push(line) })

  const statements: string[] = []
  const onStatement = (sql: string) => void statements.push(sql)
  const databases = {
    users: stack.use(await createTestDatabase('users')),
    products: stack.use(await createTestDatabase('products')),
    orders: stack.use(await createTestDatabase('orders')),
  }
  const urls = { users: databases.users.url, products: databases.products.url, orders: databases.orders.url }
  await loadDemoData({ urls, log: () => undefined })

  const identity = stack.use(await createTestIdentity())
  const signingKeysFolder = await mkdtemp(join(tmpdir(), 'portico-keys-'))
  stack.defer(() => rm(signingKeysFolder, { recursive: true, force: true }))
  await createSigningKey(signingKeysFolder, new Date(0))

  const startHere: StartSubgraph = (name, env) => {
    const dependencies = { log: log(name), onStatement }
    if (name === 'users') return startUsers(loadUsersConfig(env), dependencies)
    if (name === 'products') return startProducts(loadProductsConfig(env), dependencies)
    return startOrders(loadOrdersConfig(env), dependencies)
  }
  const eventKeys = { orders: stack.use(await createTestIdentity()), products: stack.use(await createTestIdentity()) }
  const [usersPort = 0, productsPort = 0, ordersPort = 0] = await freePorts(3)
  const ports = { users: usersPort, products: productsPort, orders: ordersPort }
  /** What the two that exchange events are told of each other. */
  function eventVariables(name: 'orders' | 'products') {
    const other = name === 'orders' ? 'products' : 'orders'
    return {
      EVENTS_KEY_FILE: eventKeys[name].privateKeyFile,
      EVENTS_PUBLISHER_KEYS: `${other}=${eventKeys[other].publicKeysFile}`,
      EVENTS_SUBSCRIBERS: `${other}=http://127.0.0.1:${ports[other]}`,
    }
  }
  const startSubgraph = (name: SubgraphName) =>
    restartable(stack, () =>
      (startElsewhere ?? startHere)(name, {
        NODE_ENV: 'test',
        PORT: String(ports[name]),
        DRAIN_DELAY_MS: '0',
        DATABASE_URL: databases[name].url,
        GATEWAY_KEYS_FILE: identity.publicKeysFile,
        ...(name === 'users' ? { SIGNING_KEYS_FOLDER: signingKeysFolder } : eventVariables(name)),
      }),
    )
  const subgraphs = {
    users: await startSubgraph('users'),
    products: await startSubgraph('products'),
    orders: await startSubgraph('orders'),
  }
  const gateway = stack.use(
    await startGateway(
      loadGatewayConfig({
        NODE_ENV: 'test',
        PORT: '0',
        ADMIN_PORT: '0',
        DRAIN_DELAY_MS: '0',
        SUBGRAPHS_PATH: join(import.meta.dirname, '../schema/subgraphs.json'),
        SUBGRAPH_URLS: Object.entries(subgraphs)
          .map(([name, { url }]) => `${name}=${url.href}`)
          .join(),
        JWKS_URL: new URL('/.well-known/jwks.json', subgraphs.users.url).href,
        IDENTITY_KEY_FILE: identity.privateKeyFile,
        // All tests ask from one address.
        RATE_LIMITS: 'false',
        ...gatewayEnv,
      }),
      { log: log('gateway') },
    ),
  )

  const request = <Data>(query: string, variables?: Record<string, unknown>, accessToken?: string) =>
    postGraphql<Data>(
      gateway.url,
      { query, variables },
      accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
    )
  const tokens = new Map<string, Promise<string>>()
  async function signIn(role: string): Promise<string> {
    const login = DEMO_LOGINS.find((candidate) => candidate.role === role)
    const { data } = await request<{ signIn: { accessToken: string } }>(
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { ... on Session { accessToken } } }',
      { email: login?.email, password: DEMO_PASSWORD },
    )
    return data.signIn.accessToken
  }

  const running = stack.move()
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl,
    databases,
    subgraphs,
    identity,
    signingKeysFolder,
    request,
    tokenOf(role) {
      const known = tokens.get(role) ?? signIn(role)
      tokens.set(role, known)
      return known
    },
    async statementsDuring(run) {
      const before = statements.length
      await run()
      return statements.slice(before).filter((sql) => !isBackground(sql))
    },
    logged: () => lines.join(''),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A subgraph that a test can stop and start again on the same port. */
async function restartable(stack: AsyncDisposableStack, start: () => Promise<AsyncDisposable & { url: URL }>) {
  let running = await start()
  const { url } = running
  stack.defer(() => running[Symbol.asyncDispose]())
  return {
    url,
    stop: async () => running[Symbol.asyncDispose](),
    start: async () => {
      running = await start()
    },
  }
}
