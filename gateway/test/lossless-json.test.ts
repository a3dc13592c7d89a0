import { describe, expect, it } from '@jest/globals'
import { parseLossless } from '../src/lossless-json.ts'

describe('JSON whose numbers keep their digits', () => {
  it('is written as it was read', () => {
    for (const text of [
      '{"a":9007199254740993}',
      '[-12345678901234567890,0.12345678901234567891,1.5]',
      '{"text":"12345678901234567890","b":[[12345678901234567891]]}',
      `[1234567890123.25,${' '.repeat(9)}12345678901234567]`,
    ]) {
      expect(JSON.stringify(parseLossless(text))).toBe(text.replaceAll(' ', ''))
    }
  })

  it('has plain numbers wherever nothing is lost', () => {
    expect(parseLossless('[1.50000000000000000000, 1000000000000000000000, 9007199254740992]')).toEqual([
      1.5,
      1e21,
      2 ** 53,
    ])
  })

  it('finds a long number wherever it stands', () => {
    for (let at = 0; at < 40; at += 1) {
      const text = `[1234567890123456.5,"${'x'.repeat(at)}",9007199254740993]`
      expect(JSON.stringify(parseLossless(text))).toBe(text)
    }
  })

  it('was read in time that grew with the square of its length: of points, of digits, of zeros', () => {
    const started = performance.now()
    const million = 1_000_000
    for (const text of [
      JSON.stringify('.'.repeat(million)),
      JSON.stringify('1'.repeat(million)),
      JSON.stringify('1111111111111111e'.repeat(million / 10)),
      `[1${'0'.repeat(million)}1]`,
      `[0.${'0'.repeat(million)}1]`,
    ]) {
      parseLossless(text)
    }
    // It took minutes.
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
