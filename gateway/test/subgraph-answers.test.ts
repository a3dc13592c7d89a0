import { describe, expect, it } from '@jest/globals'
import { textOf } from '../src/subgraph/body-text.ts'
import { parseAnswer } from '../src/subgraph/parse-answer.ts'

/** Parses a text as it is when it has come over HTTP. */
function parse(text: string, status = 200) {
  const body = textOf(Buffer.from(text))
  if (!body) throw new Error('No text.')
  return parseAnswer({ name: 'shop', status, ...body })
}

describe('the answer of a subgraph', () => {
  it.each<[string, object]>([
    ['{"data":{"a":[1,null]}}', { data: { a: [1, null] }, errors: [], extensions: undefined }],
    ['{"data":null,"errors":[{"message":"no"}]}', { data: null, errors: [{ message: 'no' }] }],
    ['{"errors":[]}', { data: undefined, errors: [] }],
    ['{"data":{},"errors":null,"extensions":null}', { data: {}, errors: [], extensions: undefined }],
    [' {"data":{},"extensions":{"a":1},"more":7} ', { data: {}, errors: [], extensions: { a: 1 } }],
    [
      '{"errors":[{"message":"","path":["a",0],"extensions":{"code":"X"},"locations":[{}]},{"message":"b","path":null}]}',
      { errors: [{ message: '', path: ['a', 0], extensions: { code: 'X' } }, { message: 'b' }] },
    ],
  ])('is read: %s', (text, answer) => {
    expect(parse(text, 500)).toEqual(expect.objectContaining(answer))
  })

  it.each([
    'null',
    '7',
    '[]',
    '"data"',
    '{"data":7}',
    '{"data":[]}',
    '{"data":"a"}',
    '{"data":12345678901234567890}',
    '{"data":{},"errors":{}}',
    '{"data":{},"errors":"no"}',
    '{"data":{},"errors":[null]}',
    '{"data":{},"errors":["no"]}',
    '{"data":{},"errors":[{}]}',
    '{"data":{},"errors":[{"message":7}]}',
    '{"data":{},"errors":[{"message":"a","path":"b"}]}',
    '{"data":{},"errors":[{"message":"a","path":[null]}]}',
    '{"data":{},"errors":[{"message":"a","extensions":[]}]}',
    '{"data":{},"extensions":[]}',
  ])('is none: %s', (text) => {
    expect(() => parse(text, 502)).toThrow(
      expect.objectContaining({ reason: 'bad-answer', message: 'shop answered 502 without a GraphQL result.' }),
    )
  })

  it.each(['', '<html>', '{"data":{}', '{"data":{}}{}', '['.repeat(100_000), '\ufeff\ufeff{"data":{}}'])(
    'is no JSON: %.20s',
    (text) => {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({ reason: 'bad-answer', message: 'shop answered with something that is not JSON.' }),
      )
    },
  )

  it('has keys that are nothing special', () => {
    const { data } = parse('{"data":{"__proto__":{"a":1},"constructor":2,"1":3,"toString":null}}')
    expect(Object.entries(data ?? {})).toEqual([
      ['1', 3],
      ['__proto__', { a: 1 }],
      ['constructor', 2],
      ['toString', null],
    ])
    expect(Object.getPrototypeOf(data)).toBe(Object.getPrototypeOf(JSON.parse('{}')))
  })

  it('has keys that are nothing special beside long numbers too', () => {
    const text = '{"data":{"__proto__":{"a":9007199254740993}}}'
    const { data } = parse(text)
    expect(Object.keys(data ?? {})).toEqual(['__proto__'])
    expect(JSON.stringify({ data })).toBe(text)
  })
})

describe('numbers of an answer', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '18446744073709551615',
    '123456789012345678901234567890',
    '0.12345678901234567890',
    '12345678.123456789012',
    '1234567890.1234567',
    '1.234567890123456789e-7',
    '1.23456789012345678E+3',
  ])('keep digits that a double would lose, wherever they are: %s', (number) => {
    for (let shift = 0; shift < 20; shift++) {
      const padding = 'p'.repeat(shift)
      for (const text of [
        `{"data":{"${padding}":${number}}}`,
        `{"data":{"${padding}":[1, ${number} ,\n${number}\t]}}`,
        `{"data":{"é日${padding}":${number},"b":1.5}}`,
      ]) {
        const { data } = parse(text)
        expect(JSON.stringify({ data })).toBe(text.replace(/\s/g, ''))
      }
    }
  })

  it.each([
    '0.30000000000000004',
    '123456789012345',
    '9007199254740991',
    '1.7976931348623157e+308',
    '100.0000000000000000',
  ])('are numbers when a double holds them: %s', (number) => {
    expect(parse(`{"data":{"a":${number},"b":[-${number}]}}`).data).toEqual({ a: Number(number), b: [-Number(number)] })
  })

  it('in strings stay what they are', () => {
    const answer = { data: { id: '9007199254740993', text: 'a: 12345678901234567, "12345678901234567", \\' } }
    expect(parse(JSON.stringify(answer))).toMatchObject(answer)
  })
})
