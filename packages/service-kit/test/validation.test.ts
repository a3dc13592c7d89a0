import { describe, expect, it } from '@jest/globals'
import { line, validate } from '@portico/service-kit/validation'
import { z } from 'zod'

const input = z.object({
  title: line(10),
  variants: z.array(z.object({ sku: line(5) })).min(1, 'must have one at least'),
})

describe('validating an input', () => {
  it('gives it as its schema makes it', () => {
    expect(validate(input, { title: '  Müsli ', variants: [{ sku: 'M-1' }], other: 1 })).toEqual({
      ok: true,
      value: { title: 'Müsli', variants: [{ sku: 'M-1' }] },
    })
  })

  it('says everything that is wrong, with paths through lists and from the argument down', () => {
    expect(
      validate(input, { title: ' \t ', variants: [{ sku: 'M-1' }, { sku: 'too long' }, { sku: 'a\0b' }] }, ['input']),
    ).toEqual({
      ok: false,
      error: {
        __typename: 'ValidationError',
        code: 'VALIDATION_FAILED',
        message: 'The input has mistakes.',
        issues: [
          { path: ['input', 'title'], message: 'must not be empty' },
          { path: ['input', 'variants', '1', 'sku'], message: 'must be at most 5 characters' },
          { path: ['input', 'variants', '2', 'sku'], message: 'must not hold invisible characters' },
        ],
      },
    })
  })

  it('keeps a line a line', () => {
    for (const text of ['a\nb', 'a\u0085b', 'a\u001b[31mb', 'a\u007fb']) {
      expect(validate(line(10), text).ok).toBe(false)
    }
    for (const text of ['👨\u200d👩\u200d👧', 'می\u200cخواهم']) {
      expect(validate(line(20), text)).toEqual({ ok: true, value: text })
    }
    for (const text of ['\u200d', 'a\u200d', '\u200cb', 'a \u200db']) expect(validate(line(20), text).ok).toBe(false)
    for (const text of ['\u200b', 'a\u200bb', 'a\u2028b', 'a\u2029b', 'a\u202eb', 'a\ud800b', 'a\ue000b']) {
      expect(validate(line(10), text)).toMatchObject({
        error: { issues: [{ path: [], message: 'must not hold invisible characters' }] },
      })
    }
    expect(validate(line(10), '日本語 🙂 ü')).toEqual({ ok: true, value: '日本語 🙂 ü' })
  })
})
