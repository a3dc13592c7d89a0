import { describe, expect, it } from '@jest/globals'
import { payloadOf } from '../src/http/payload.ts'

describe('what is sent of an answer', () => {
  it.each([
    ['short', 'a'],
    ['short and not ASCII', 'ä😀'],
    ['long', 'a'.repeat(100_000)],
    ['long, with one umlaut at the end', `${'a'.repeat(100_000)}ä`],
    ['long again', 'b'.repeat(100_000)],
    ['long once more', 'c'.repeat(100_000)],
    ['long and of two bytes a character', 'ä'.repeat(100_000)],
    ['long, with one emoji', `${'a'.repeat(100_000)}😀`],
  ])('are all its parts in UTF-8 when they are %s', (_, data) => {
    const payload = payloadOf(['{"data":"', data, '"}'])
    expect(Buffer.from(payload).toString()).toBe(`{"data":"${data}"}`)
  })
})
