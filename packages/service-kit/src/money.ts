import { code as isoCurrency } from 'currency-codes'

/** An amount of money: minor units of an ISO 4217 currency, such as 1999n of EUR for 19.99 €. */
export interface MinorMoney {
  readonly minor: bigint
  readonly currency: string
}

/** What the GraphQL type `Money` is made of. */
export interface Money {
  /** An exact decimal, such as "19.99". */
  amount: string
  /** ISO 4217. */
  currencyCode: string
}

/**
 * The number of decimals of a currency's minor unit by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD.
 *
 * @throws RangeError when ISO 4217 has no such currency.
 */
export function currencyExponent(currency: string): number {
  const record = isoCurrency(currency)
  if (!record || record.code !== currency) throw new RangeError(`ISO 4217 has no currency ${currency}`)
  return record.digits
}

/**
 * Reads an exact decimal such as "19.9" as minor units of `currency`. Undefined when it is no decimal number, has more
 * decimals than the currency (nothing is ever rounded), or is beyond what a BIGINT holds.
 *
 * @throws RangeError when ISO 4217 has no such currency.
 */
export function parseAmount(amount: string, currency: string): bigint | undefined {
  const exponent = currencyExponent(currency)
  const match = /^(-?)(\d{1,19})(?:\.(\d+))?$/.exec(amount)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  if (fraction.length > exponent) return undefined
  const minor = BigInt(sign + whole + fraction.padEnd(exponent, '0'))
  return BigInt.asIntN(64, minor) === minor ? minor : undefined
}

/**
 * Minor units as the GraphQL type `Money`, always with all decimals of the currency: "19.90".
 *
 * @throws RangeError when ISO 4217 has no such currency.
 */
export function toMoney({ minor, currency }: MinorMoney): Money {
  const exponent = currencyExponent(currency)
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent)
  const amount = exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`
  return { amount: minor < 0n ? `-${amount}` : amount, currencyCode: currency }
}
