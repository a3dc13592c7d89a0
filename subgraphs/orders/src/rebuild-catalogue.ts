import { openDatabase } from '@portico/service-kit/database'
import { createLogger } from '@portico/service-kit/logger'
import { REBUILD_WITHIN_MS, rebuildCatalogue } from './catalogue-copy.ts'
import { PrismaClient } from './generated/prisma/client.ts'

/**
 * Has the orders' copy of the catalogue made anew: for operators with access to the database, after it was restored from a
 * backup. Returns what to tell them.
 */
export async function rebuildCatalogueOf(databaseUrl: string): Promise<string> {
  const pool = { poolMax: 1, connectWithinMs: 5000, statementTimeoutMs: REBUILD_WITHIN_MS, lockTimeoutMs: 5000 }
  const log = createLogger({ service: 'orders-rebuild-catalogue', level: 'warn' })
  await using database = openDatabase(
    (options) => new PrismaClient(options),
    { url: databaseUrl, ...pool },
    { service: 'orders-rebuild-catalogue', log },
  )
  await rebuildCatalogue(database.client)
  return 'Asked products for the whole catalogue: what differs is replaced or taken off sale as its pages come in (npm run events).'
}
