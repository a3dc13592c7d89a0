import { type DatabaseName, databaseNames } from './databases.ts'
import { fill, findConflict, isFilled } from './demo/database-contents.ts'
import { generateDemoData } from './demo/generate.ts'
import { connectPg } from './pg-connection.ts'

export interface DemoDataOptions {
  /** The migrated databases. */
  urls: Record<DatabaseName, string>
  /** Hears in one line what was loaded, or why nothing was; nothing when there was nothing to do. */
  log: (message: string) => void
}

const CONNECTION = { name: 'portico demo data' }

/** The seed of the shop that everybody gets. */
const SEED = 'portico'

/** The databases that have users, products or orders, be it of the demo data or of their own. */
export async function findFilledDatabases(urls: Record<DatabaseName, string>): Promise<DatabaseName[]> {
  const filled = await inEach(databaseNames, async (name) => {
    await using connection = await connectPg(urls[name], CONNECTION)
    return await isFilled(connection.client, name)
  })
  return databaseNames.filter((_, index) => filled[index])
}

/**
 * Fills each database that is empty with its part of the demo data, in one transaction: a process killed at any moment
 * leaves each one full or empty, and the next call completes them. Nothing is loaded into a shop that has rows of its
 * own or another currency than the demo data. Processes that load together fill each database once.
 *
 * @returns whether anything was loaded.
 */
export async function loadDemoData({ urls, log }: DemoDataOptions): Promise<boolean> {
  const filled = await findFilledDatabases(urls)
  if (filled.length === databaseNames.length) return false
  const started = performance.now()
  const data = generateDemoData(SEED)
  const main = { users: data.users.user, products: data.products.product, orders: data.orders.order }

  const conflicts = await inEach(databaseNames, async (name) => {
    await using connection = await connectPg(urls[name], CONNECTION)
    return await findConflict(connection.client, name, main[name][0]?.id ?? '')
  })
  const conflict = conflicts.find((reason) => reason !== undefined)
  if (conflict !== undefined) {
    log(`The demo data is not loaded: ${conflict}.`)
    return false
  }

  const done = await inEach(databaseNames, async (name) => {
    await using connection = await connectPg(urls[name], CONNECTION)
    return await fill(connection.client, name, data[name])
  })
  const loaded = databaseNames.filter((_, index) => done[index]).map((name) => `${main[name].length} ${name}`)
  if (loaded.length === 0) return false
  log(`Loaded demo data: ${loaded.join(', ')} in ${((performance.now() - started) / 1_000).toFixed(1)} s.`)
  return true
}

/** Works on several databases at once; when one fails, the others have ended before it is told. */
async function inEach<Result>(
  names: readonly DatabaseName[],
  work: (name: DatabaseName) => Promise<Result>,
): Promise<Result[]> {
  const outcomes = await Promise.allSettled(names.map(work))
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
