import { join } from 'node:path'
import type { Random } from '@portico/database/demo/random'
import type { QueueType } from '@portico/events/rabbitmq-topology'
import { createTestIdentity, type TestIdentity } from '@portico/testkit/identity'
import type { TestRabbitMq } from '@portico/testkit/rabbitmq'
import type { BrokenBuild } from './breakage.ts'
import { startBrokerWiring } from './broker-wiring.ts'
import { seedCatalogue, type ShopProduct } from './catalogue.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import type { EventWiring } from './event-wiring.ts'
import { fragileConnections, fragileServer, lasting, type Fragile } from './faults.ts'
import type { PortBlock } from './ports.ts'
import type { Fates } from './push-proxy.ts'
import { startPushWiring } from './push-wiring.ts'
import { endRelaySessions } from './relay-sessions.ts'
import { startReplica, type Replica } from './replica.ts'
import type { Store, StoreName, Stores } from './stores.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** A shop for a run: subgraphs in processes of their own, with proxies between all of them and all they talk to. */
export interface World extends AsyncDisposable, Pick<EventWiring, 'calm' | 'held' | 'fates' | 'queues'> {
  replicas: readonly Replica[]
  /** Of the subgraphs, by their names. */
  urls: Readonly<Record<StoreName, readonly string[]>>
  products: readonly ShopProduct[]
  fragiles: readonly Fragile[]
  identity: TestIdentity
  deliveries: Deliveries
  /** Waits for all replicas, and returns the names of those that are not ready in time. */
  untilReady(signal: AbortSignal): Promise<string[]>
}

export interface WorldOptions {
  stores: Stores
  ports: PortBlock
  /** Carries the events; else they are pushed over HTTP. */
  broker?: TestRabbitMq | undefined
  random: Random
  /** Where logs go. */
  folder: string
  /** Processes of each subgraph. */
  replicas: Readonly<Record<StoreName, number>>
  /** What happens to pushed events. */
  fates: Fates
  /** The kind of RabbitMQ's queues. */
  queueType: QueueType
  /** How long an order may wait for its stock, in milliseconds. */
  confirmWithinMs: number
  /** How the subgraphs are broken on purpose. */
  build?: BrokenBuild | undefined
  compileCache: string
}

const NAMES: readonly StoreName[] = ['orders', 'products']

/** Starts everything on new databases; the processes may not be ready yet. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { stores, broker, random, folder, build, compileCache } = options
  await using stack = new AsyncDisposableStack()
  await stores.renew()
  const products = await seedCatalogue(stores.products.url, random)
  const identity = stack.use(await createTestIdentity())
  const databases = {
    orders: stack.use(await startTcpProxy(stores.orders.postgres.port)),
    products: stack.use(await startTcpProxy(stores.products.postgres.port)),
  }
  const ports = await options.ports.take(options.replicas.orders + options.replicas.products)
  const replicaPorts = {
    orders: ports.slice(0, options.replicas.orders),
    products: ports.slice(options.replicas.orders),
  }
  const urlsOf = (name: StoreName) => replicaPorts[name].map((port) => `http://127.0.0.1:${port}`)
  const urls = { orders: urlsOf('orders'), products: urlsOf('products') }

  const deliveries = createDeliveries()
  const wiring = stack.use(
    broker
      ? await startBrokerWiring({ broker, queueType: options.queueType, random: random.branch('events'), deliveries })
      : await startPushWiring({ urls, random: random.branch('events'), likelihoods: options.fates, deliveries }),
  )

  const replicas = NAMES.flatMap((subgraph) =>
    replicaPorts[subgraph].map((port, index) => {
      const name = `${subgraph}-${index + 1}`
      return stack.use(
        startReplica({
          subgraph,
          name,
          port,
          nodeFlags: build?.nodeFlags ?? [],
          logFile: join(folder, `${name}.log`),
          env: {
            PATH: process.env['PATH'],
            NODE_ENV: 'production',
            NODE_COMPILE_CACHE: compileCache,
            LOG_LEVEL: 'warn',
            DRAIN_DELAY_MS: '0',
            DATABASE_URL: stores[subgraph].urlAt(databases[subgraph].port),
            GATEWAY_KEYS_FILE: identity.publicKeysFile,
            ...wiring.variables(subgraph),
            ...build?.env,
            ...(subgraph === 'orders' ? { ORDER_CONFIRM_WITHIN_MS: String(options.confirmWithinMs) } : {}),
          },
        }),
      )
    }),
  )

  const running = stack.move()
  return {
    replicas,
    urls,
    products,
    identity,
    deliveries,
    calm: wiring.calm,
    held: wiring.held,
    fates: wiring.fates,
    queues: wiring.queues,
    fragiles: [
      ...replicas.map(fragileReplica),
      ...NAMES.flatMap((name) => [
        fragileStore(name, stores[name]),
        fragileConnections(`connections to PostgreSQL of ${name}`, databases[name]),
      ]),
      ...wiring.fragiles,
    ],
    async untilReady(signal) {
      const areReady = await Promise.all(replicas.map((replica) => replica.untilReady(signal)))
      return replicas.flatMap(({ name }, index) => (areReady[index] ? [] : [name]))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function fragileStore(name: StoreName, { postgres }: Store): Fragile {
  const server = fragileServer(`PostgreSQL of ${name}`, postgres)
  const endSessions = () => endRelaySessions(postgres, name)
  return { ...server, faults: { ...server.faults, "end of the relay's sessions": endSessions } }
}

function fragileReplica(replica: Replica): Fragile {
  return {
    name: replica.name,
    faults: {
      SIGKILL: (lastsMs) => replica.kill(lastsMs),
      SIGTERM: (lastsMs) => replica.shutDown(lastsMs),
      SIGSTOP: lasting(replica.stop, replica.continue),
    },
  }
}
