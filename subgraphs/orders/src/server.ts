import { openDatabase } from '@portico/service-kit/database'
import type { Logger } from '@portico/service-kit/logger'
import { fixShopCurrency } from '@portico/service-kit/shop-currency'
import { startSubgraph, type Subgraph } from '@portico/service-kit/subgraph'
import type { OrdersConfig } from './config.ts'
import type { Context, Domain } from './context.ts'
import { createFulfilment } from './fulfilment.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { createLoaders } from './loaders.ts'
import { resolvers } from './resolvers.ts'

export interface OrdersDependencies {
  log: Logger
  /** Told of each SQL statement. */
  onStatement?: (sql: string) => void
  /** Ends the wait for a database that is not there at the start. */
  stopping?: AbortSignal
}

/** Starts the orders subgraph: orders, their history and fulfilment, and what was sold. */
export async function startOrders(config: OrdersConfig, dependencies: OrdersDependencies): Promise<Subgraph> {
  const { log, onStatement, stopping } = dependencies
  await using stack = new AsyncDisposableStack()

  const database = stack.use(
    openDatabase((options) => new PrismaClient(options), config.subgraph.database, {
      service: 'orders',
      log,
      onStatement,
    }),
  )
  const db = database.client

  const shopCurrency = await fixShopCurrency(db, config.shopCurrency, { log, stopping })
  const domain: Domain = { db, fulfilment: createFulfilment(db) }

  const subgraph = stack.use(
    await startSubgraph<Context>({
      name: 'orders',
      config: config.subgraph,
      log,
      schemaFile: new URL('../schema.graphql', import.meta.url),
      resolvers,
      context: (request) => ({ ...request, ...domain, loaders: createLoaders(db, shopCurrency) }),
      checks: [database.check],
      poolUse: database.poolUse,
    }),
  )
  const running = stack.move()
  return { ...subgraph, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
