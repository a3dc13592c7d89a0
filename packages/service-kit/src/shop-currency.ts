import { z } from 'zod'
import { ConfigError } from './config.ts'
import { currencyExponent } from './money.ts'

/** The variable of a subgraph that has amounts; {@link fixShopCurrency} checks it. Extend `subgraphVariables` with it. */
export const shopVariables = {
  SHOP_CURRENCY: z.string().default('EUR').describe("The shop's currency, fixed at the first start."),
}

/** As much of a generated Prisma client as is needed here. */
export interface RawDatabase {
  $queryRaw<Row>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Row>
}

/**
 * Fixes the shop's currency at the first start of a database, in its table `shop_setting`, and returns it. All new
 * amounts are of it; orders keep their own for ever.
 *
 * @throws ConfigError when the configured currency is not the one that the shop was started with, or is none.
 */
export async function fixShopCurrency(db: RawDatabase, configured: string): Promise<string> {
  try {
    currencyExponent(configured)
  } catch {
    throw new ConfigError([`SHOP_CURRENCY: ${configured} is no currency of ISO 4217`])
  }
  await db.$queryRaw`
    INSERT INTO shop_setting (name, value) VALUES ('currency', ${configured}) ON CONFLICT (name) DO NOTHING`
  const [row] = await db.$queryRaw<{ value: string }[]>`SELECT value FROM shop_setting WHERE name = 'currency'`
  const fixed = row?.value ?? configured
  if (fixed === configured) return fixed
  throw new ConfigError([`SHOP_CURRENCY: must be ${fixed}, which the shop was started with`])
}
