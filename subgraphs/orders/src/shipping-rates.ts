import { badUserInput } from '@portico/service-kit/errors'
import type { Prisma, ShippingRate } from './generated/prisma/client.ts'

/** The country code of the rates that hold for all countries. */
const EVERYWHERE = '*'

/** @throws BAD_USER_INPUT when the text has not the form of an ISO 3166 code. */
export function parseCountryCode(text: string): string {
  if (/^[A-Z]{2}$/.test(text)) return text
  throw badUserInput('"countryCode" must be an ISO 3166 country code such as DE.', 'countryCode')
}

/** The rates by which a parcel to each country can go, best first: the country's own, then those for everywhere. */
export async function loadRates(
  db: Prisma.TransactionClient,
  countryCodes: readonly string[],
): Promise<ShippingRate[][]> {
  const rates = await db.shippingRate.findMany({
    where: { countryCode: { in: [...countryCodes, EVERYWHERE] } },
    orderBy: { maxWeightGrams: 'asc' },
  })
  const byCountry = Map.groupBy(rates, ({ countryCode }) => countryCode)
  const everywhere = byCountry.get(EVERYWHERE) ?? []
  return countryCodes.map((code) => [...(byCountry.get(code) ?? []), ...everywhere])
}

/** The first rate that holds the parcel; undefined when it is too heavy for all of them. */
export function rateFor(weightGrams: number, rates: readonly ShippingRate[]): ShippingRate | undefined {
  return rates.find(({ maxWeightGrams }) => maxWeightGrams >= weightGrams)
}
