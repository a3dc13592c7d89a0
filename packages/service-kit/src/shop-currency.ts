import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ConfigError } from './config.ts'
import { classifyDatabaseError } from './database-errors.ts'
import type { Logger } from './logger.ts'
import { currencyExponent } from './money.ts'

/** The variable of a subgraph that has amounts; {@link fixShopCurrency} checks it. Extend `subgraphVariables` with it. */
export const shopVariables = {
  SHOP_CURRENCY: z
    .string()
    .meta({ mustBe: 'an ISO 4217 code' })
    .default('EUR')
    .describe("The shop's currency, fixed at the first start."),
}

/** As much of a generated Prisma client as is needed here. */
export interface RawDatabase {
  $queryRaw<Row>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Row>
}

/** How long to wait for a database that does not answer. */
export interface DatabaseWait {
  log: Logger
  /** Ends the wait; never when left out. */
  stopping?: AbortSignal | undefined
}

const RETRY_AFTER_MS = 1000

/**
 * Fixes the shop's currency at the first start of a database, in its table `shop_setting`, and returns it. All new
 * amounts are of it; orders keep their own for ever. A database that is out of reach is waited for, with a line of log
 * each second.
 *
 * @throws ConfigError when the configured currency is not the one that the shop was started with, or is none; AbortError
 * when stopped while it waits; what else the database says, such as that it has no such table.
 */
export async function fixShopCurrency(
  db: RawDatabase,
  configured: string,
  { log, stopping }: DatabaseWait,
): Promise<string> {
  try {
    currencyExponent(configured)
  } catch {
    throw new ConfigError([`SHOP_CURRENCY: ${configured} is no currency of ISO 4217`])
  }
  const fixed = await onceReachable(() => fix(db, configured), { log, stopping })
  if (fixed === configured) return fixed
  throw new ConfigError([`SHOP_CURRENCY: must be ${fixed}, which the shop was started with`])
}

async function fix(db: RawDatabase, configured: string): Promise<string> {
  await db.$queryRaw`
    INSERT INTO shop_setting (name, value) VALUES ('currency', ${configured}) ON CONFLICT (name) DO NOTHING`
  const [row] = await db.$queryRaw<{ value: string }[]>`SELECT value FROM shop_setting WHERE name = 'currency'`
  return row?.value ?? configured
}

async function onceReachable<T>(ask: () => Promise<T>, { log, stopping }: DatabaseWait): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const failure = classifyDatabaseError(error)?.kind
      if (failure !== 'unavailable' && failure !== 'timeout') throw error
      log.warn({ reason: error instanceof Error ? error.message : error, failure }, 'waiting for the database')
    }
    await sleep(RETRY_AFTER_MS, undefined, stopping ? { signal: stopping } : {})
  }
}
