import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { currencyExponent, parseAmount, toMoney } from '@portico/service-kit/money'

const BIGINT_MAX = 2n ** 63n - 1n
const BIGINT_MIN = -(2n ** 63n)

describe('an amount of money', () => {
  it('has the decimals of its currency, all of them', () => {
    expect(toMoney({ minor: 1990n, currency: 'EUR' })).toEqual({ amount: '19.90', currencyCode: 'EUR' })
    expect(toMoney({ minor: 1990n, currency: 'JPY' })).toEqual({ amount: '1990', currencyCode: 'JPY' })
    expect(toMoney({ minor: 1990n, currency: 'KWD' })).toEqual({ amount: '1.990', currencyCode: 'KWD' })
    expect(toMoney({ minor: 0n, currency: 'KWD' }).amount).toBe('0.000')
  })

  it('keeps its sign below one unit', () => {
    expect(toMoney({ minor: -5n, currency: 'EUR' }).amount).toBe('-0.05')
    expect(toMoney({ minor: -5n, currency: 'JPY' }).amount).toBe('-5')
    expect(parseAmount('-0.05', 'EUR')).toBe(-5n)
    expect(parseAmount('-0', 'EUR')).toBe(0n)
  })

  it('is never rounded: more decimals than the currency has are refused, even zeros', () => {
    expect(parseAmount('19.9', 'EUR')).toBe(1990n)
    expect(parseAmount('19.990', 'EUR')).toBeUndefined()
    expect(parseAmount('19.995', 'EUR')).toBeUndefined()
    expect(parseAmount('1.0', 'JPY')).toBeUndefined()
    expect(parseAmount('1.005', 'KWD')).toBe(1005n)
    // As a float this is 0.285 * 100 = 28.499999999999996.
    expect(parseAmount('0.285', 'KWD')).toBe(285n)
  })

  it('is a plain decimal, and nothing else that looks like a number', () => {
    for (const text of ['', '.5', '5.', '1e3', '+1', ' 1', '1 ', '1,00', '--1', '0x10', 'NaN', '１', '1\n']) {
      expect([text, parseAmount(text, 'EUR')]).toEqual([text, undefined])
    }
  })

  it('goes to the last unit that the database can hold, and not beyond', () => {
    expect(parseAmount('92233720368547758.07', 'EUR')).toBe(BIGINT_MAX)
    expect(parseAmount('92233720368547758.08', 'EUR')).toBeUndefined()
    expect(parseAmount('-92233720368547758.08', 'EUR')).toBe(BIGINT_MIN)
    expect(parseAmount('9223372036854775808', 'JPY')).toBeUndefined()
    expect(parseAmount('9'.repeat(1000), 'JPY')).toBeUndefined()
  })

  it('comes back from its text as it was, whatever it is', () => {
    for (const currency of ['EUR', 'JPY', 'KWD', 'CLF']) {
      const random = Array.from({ length: 500 }, (_, index) =>
        // Of every size: shifting the 64 random bits makes small amounts as likely as large ones.
        BigInt.asIntN(64, randomBytes(8).readBigInt64BE() >> BigInt(index % 64)),
      )
      for (const minor of [...random, BIGINT_MIN, BIGINT_MAX, -1n, 0n, 1n]) {
        const { amount } = toMoney({ minor, currency })
        expect([amount, parseAmount(amount, currency)]).toEqual([amount, minor])
      }
    }
  })
})

describe('a currency', () => {
  it('is one of ISO 4217, in capitals', () => {
    expect(currencyExponent('CLF')).toBe(4)
    for (const currency of ['eur', 'ABC', '', '978', '__proto__']) {
      expect(() => currencyExponent(currency)).toThrow(new RangeError(`ISO 4217 has no currency ${currency}`))
    }
  })
})
