import { startSubgraphEvents } from '@portico/events/subgraph-events'
import { openDatabase } from '@portico/service-kit/database'
import { pruneIdempotency } from '@portico/service-kit/idempotency'
import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic, type PeriodicJob } from '@portico/service-kit/periodic'
import { fixShopCurrency } from '@portico/service-kit/shop-currency'
import { startSubgraph, type Subgraph } from '@portico/service-kit/subgraph'
import { bootstrapCatalogue, catalogueHandlers } from './catalogue-copy.ts'
import type { OrdersConfig } from './config.ts'
import type { Context, Domain } from './context.ts'
import { rejectExpired } from './expiry.ts'
import { createFulfilment } from './fulfilment.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { createLoaders } from './loaders.ts'
import { createPlacement } from './placement.ts'
import { resolvers } from './resolvers.ts'
import { stockHandlers } from './stock-answers.ts'

export interface OrdersDependencies {
  log: Logger
  /** The clock of orders, their deadlines and idempotency. Default the system's. */
  now?: () => number
  /** Told of each SQL statement. */
  onStatement?: (sql: string) => void
  /** Ends the wait for a database that is not there at the start. */
  stopping?: AbortSignal
}

/** Starts the orders subgraph: orders, their history and fulfilment, and what was sold. */
export async function startOrders(config: OrdersConfig, dependencies: OrdersDependencies): Promise<Subgraph> {
  const { log, now = Date.now, onStatement, stopping } = dependencies
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
  const domain: Domain = {
    db,
    fulfilment: createFulfilment(db),
    placement: createPlacement(db, { currency: shopCurrency, now, confirmWithinMs: config.confirmWithinMs }),
  }
  const periodically = (name: string, everyMs: number, run: PeriodicJob['run']) =>
    stack.use(startPeriodic({ name, everyMs, run, log }))
  periodically('prune idempotency records', 600_000, (signal) => pruneIdempotency(db, now(), signal))
  periodically('reject expired orders', 1000, (signal) => rejectExpired(db, { now: now(), log, signal }))

  if (config.events.transport.kind !== 'none') await bootstrapCatalogue(db, log)
  const events = stack.use(
    await startSubgraphEvents({
      subgraph: 'orders',
      config: config.events,
      db,
      databaseUrl: config.subgraph.database.url,
      handlers: [...stockHandlers(now), ...catalogueHandlers],
      log,
      now,
    }),
  )
  const subgraph = stack.use(
    await startSubgraph<Context>({
      name: 'orders',
      config: config.subgraph,
      log,
      schemaFile: new URL('../schema.graphql', import.meta.url),
      resolvers,
      context: (request) => ({ ...request, ...domain, loaders: createLoaders(db, shopCurrency) }),
      checks: [database.check, ...events.checks],
      routes: events.routes,
      metrics: events.expose,
      details: () => ({ events: events.report() }),
      poolUse: database.poolUse,
    }),
  )
  const running = stack.move()
  return { ...subgraph, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
