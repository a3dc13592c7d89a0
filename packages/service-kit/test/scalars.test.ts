import { describe, expect, it } from '@jest/globals'
import { toMoney } from '@portico/service-kit/money'
import { CurrencyCode, DateTime, Decimal } from '@portico/service-kit/scalars'
import { parseValue } from 'graphql'

describe('a Decimal', () => {
  it('is text, since a number would have lost digits on its way', () => {
    expect(Decimal.parseValue('0.10')).toBe('0.10')
    expect(Decimal.parseLiteral(parseValue('"0.10"'))).toBe('0.10')
    expect(() => Decimal.parseValue(0.1)).toThrow('Decimal must be a string such as "19.99".')
    expect(() => Decimal.parseLiteral(parseValue('0.1'))).toThrow('Decimal must be a string such as "19.99".')
  })

  it('is nothing but digits with a point between them', () => {
    for (const text of ['', '-', '1.', '.1', '1e9', '1,5', '0x1', 'Infinity', '1\n', null, true, ['1']]) {
      expect(() => Decimal.parseValue(text)).toThrow('Decimal must be a string')
    }
  })

  it('carries every amount that the database can hold', () => {
    for (const minor of [2n ** 63n - 1n, -(2n ** 63n)]) {
      for (const currency of ['JPY', 'EUR', 'KWD']) {
        const { amount } = toMoney({ minor, currency })
        expect(Decimal.serialize(amount)).toBe(amount)
      }
    }
  })
})

describe('a CurrencyCode', () => {
  it('is three capital letters', () => {
    expect(CurrencyCode.parseValue('EUR')).toBe('EUR')
    for (const code of ['eur', 'EURO', 'EU', '', 'ÄÖÜ', 978]) {
      expect(() => CurrencyCode.parseValue(code)).toThrow('CurrencyCode must be a string such as "EUR".')
    }
  })
})

describe('a DateTime', () => {
  it('is an instant with an offset, answered in UTC', () => {
    const instant = DateTime.parseValue('2026-02-28T23:30:00+02:00')
    expect(DateTime.serialize(instant)).toBe('2026-02-28T21:30:00.000Z')
    for (const text of ['2026-02-30T00:00:00Z', '2026-02-28', '2026-02-28T23:30:00', 'yesterday']) {
      expect(() => DateTime.parseValue(text)).toThrow(/DateTime|Date/)
    }
  })
})
