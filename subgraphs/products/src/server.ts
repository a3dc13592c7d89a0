import { startSubgraphEvents } from '@portico/events/subgraph-events'
import { openDatabase } from '@portico/service-kit/database'
import type { Logger } from '@portico/service-kit/logger'
import { pruneIdempotency } from '@portico/service-kit/idempotency'
import { startPeriodic } from '@portico/service-kit/periodic'
import { fixShopCurrency } from '@portico/service-kit/shop-currency'
import { startSubgraph, type Subgraph } from '@portico/service-kit/subgraph'
import { createCatalogue } from './catalogue.ts'
import { onCatalogueRequested } from './catalogue-events.ts'
import type { ProductsConfig } from './config.ts'
import type { Context, Domain } from './context.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { createLoaders } from './loaders.ts'
import { createProducts } from './products.ts'
import { resolvers } from './resolvers.ts'
import { SEARCH_SETTINGS } from './search.ts'
import { stockClaimHandlers } from './stock-claims.ts'
import { createStock } from './stock.ts'

export interface ProductsDependencies {
  log: Logger
  /** The clock of inventories and idempotency. Default the system's. */
  now?: () => number
  /** Told of each SQL statement. */
  onStatement?: (sql: string) => void
  /** Ends the wait for a database that is not there at the start. */
  stopping?: AbortSignal
}

/** Starts the products subgraph: catalogue, search, categories, variants and inventory. */
export async function startProducts(config: ProductsConfig, dependencies: ProductsDependencies): Promise<Subgraph> {
  const { log, now = Date.now, onStatement, stopping } = dependencies
  await using stack = new AsyncDisposableStack()

  const database = stack.use(
    openDatabase((options) => new PrismaClient(options), config.subgraph.database, {
      service: 'products',
      log,
      onStatement,
      settings: SEARCH_SETTINGS,
    }),
  )
  const db = database.client

  const currency = await fixShopCurrency(db, config.shopCurrency, { log, stopping })
  const domain: Domain = {
    db,
    catalogue: createCatalogue(db, currency),
    products: createProducts(db, currency),
    stock: createStock(db),
  }
  const prune = (signal: AbortSignal) => pruneIdempotency(db, now(), signal)
  stack.use(startPeriodic({ name: 'prune idempotency records', everyMs: 600_000, run: prune, log }))

  const events = stack.use(
    await startSubgraphEvents({
      subgraph: 'products',
      config: config.events,
      db,
      databaseUrl: config.subgraph.database.url,
      handlers: [...stockClaimHandlers, onCatalogueRequested],
      log,
      now,
    }),
  )
  const subgraph = stack.use(
    await startSubgraph<Context>({
      name: 'products',
      config: config.subgraph,
      log,
      schemaFile: new URL('../schema.graphql', import.meta.url),
      resolvers,
      context: (request) => ({ ...request, ...domain, loaders: createLoaders(db, now) }),
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
