import { describe, expect, it } from '@jest/globals'
import { normaliseOrderNumber } from '../src/order-numbers.ts'
import { drawOrderNumber } from './orders-subgraph.ts'

describe('order numbers', () => {
  it.each([
    ['as it is stored', 'P-4F7K-22'],
    ['in lower case', 'p-4f7k-22'],
    ['with blanks around it', ' \t P-4F7K-22\n'],
    ['without dashes', 'P4F7K22'],
    ['with blanks in it', 'p 4f7k 22'],
    ['with the dashes of a word processor', 'P–4F7K—22'],
  ])('are understood %s', (_, text) => {
    expect(normaliseOrderNumber(text)).toBe('P-4F7K-22')
  })

  it('take letters that look like digits for those digits', () => {
    expect(normaliseOrderNumber('P-O0Il-L1')).toBe('P-0011-11')
    expect(normaliseOrderNumber('p-oooo-il')).toBe('P-0000-11')
  })

  it('are left as they are when they are as stored, and understood in lower case', () => {
    for (let count = 0; count < 500; count += 1) {
      const number = drawOrderNumber()
      expect(normaliseOrderNumber(number)).toBe(number)
      expect(normaliseOrderNumber(number.toLowerCase())).toBe(number)
    }
  })

  it.each(['', 'P', 'P-4F7K-2', 'P-4F7K-222', '4F7K-22', 'Q-4F7K-22', 'P-4F7U-22', 'P-4F7K-2é', 'P-4F7K-2%'])(
    'are not made of %j',
    (text) => {
      expect(normaliseOrderNumber(text)).toBeUndefined()
    },
  )
})
