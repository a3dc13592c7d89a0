/** The heaviest parcel that any rate holds. */
export const HEAVIEST_PARCEL = 31_500

const EVERYWHERE = '*'

/** The table `shipping_rate` as the first migration of the orders database fills it: grams up to which, cents. */
const RATES: Readonly<Record<string, readonly (readonly [maxWeightGrams: number, price: number])[]>> = {
  DE: shippingRates(490, 690, 1_090, 1_990),
  AT: shippingRates(990, 1_390, 1_890, 3_190),
  FR: shippingRates(1_090, 1_590, 2_190, 3_690),
  NL: shippingRates(890, 1_290, 1_790, 2_990),
  CH: shippingRates(1_490, 2_190, 2_990, 4_990),
  GB: shippingRates(1_390, 2_090, 2_890, 4_790),
  US: shippingRates(1_990, 3_490, 5_490, 11_990),
  [EVERYWHERE]: shippingRates(2_490, 4_490, 6_990, 14_990),
}

/** What sending a parcel costs: the rate of the country, or else of everywhere, with the least weight that holds it. */
export function shippingPrice(countryCode: string, weightGrams: number): number {
  const rate = (RATES[countryCode] ?? RATES[EVERYWHERE])?.find(([maxWeightGrams]) => maxWeightGrams >= weightGrams)
  if (!rate) throw new RangeError(`No rate for ${weightGrams} g to ${countryCode}`)
  return rate[1]
}

function shippingRates(small: number, medium: number, large: number, largest: number): [number, number][] {
  return [
    [1_000, small],
    [5_000, medium],
    [10_000, large],
    [HEAVIEST_PARCEL, largest],
  ]
}
