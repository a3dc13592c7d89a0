import { describe, expect, it } from '@jest/globals'
import { assert, gen, nat, property, string } from 'fast-check'
import { Kind, parse, type SelectionSetNode } from 'graphql'
import { createBodyReader, readLists } from '../src/execute/reading/body-reader.ts'
import { generateReader } from '../src/execute/reading/generate-reader.ts'
import type { Read } from '../src/execute/reading/values.ts'
import { losesDigits } from '../src/lossless-json.ts'
import { fragmentsOf } from '../src/operation.ts'
import type { ReadBody, ReadData } from '../src/subgraph/flight.ts'

const INTERFACES: Readonly<Record<string, string>> = { Book: 'Item', Film: 'Item' }

function selectionSetOf(query: string): SelectionSetNode {
  const definition = parse(query).definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error(`It has no operation: ${query}`)
  return definition.selectionSet
}

function readerFor(query: string): Read {
  return generateReader(selectionSetOf(query), {
    fragments: fragmentsOf(parse(query)),
    matches: (typename, condition) => typename === condition || INTERFACES[typename] === condition,
  })
}

/** Reads from the first answer on. */
const createEagerReader = (make: () => Read): ReadBody => createBodyReader(make, { parsedBytes: 0 })

function readOf(query: string, body: string | Buffer): ReadData | undefined {
  return createEagerReader(() => readerFor(query))(Buffer.from(body))
}

type Random = (below: number) => number

const NUMBERS = [
  '0 -0 7 -12 123456789 -1234567890 0.5 722.79 -3.25e2 1E+3 2e-7 1.50 1e400',
  '9007199254740993 0.30000000000000004 0.12345678901234567891 12345678901234567890',
].flatMap((numbers) => numbers.split(' '))
const STRINGS = [
  '',
  'quartz',
  'a longer text of more than sixteen',
  'ünï 🙂',
  'a "quote" \\',
  'line\n',
  '\ud800',
  'x\0',
]

/** What is selected of objects, and what writes the text of one as a subgraph would. */
interface Shape {
  selection: string
  write: () => string
}

/** `withText` draws strings of any characters. */
function randomShape(random: Random, withText: () => string, depth = 3): Shape {
  const pick = <Value>(values: readonly Value[], otherwise: Value) => values[random(values.length)] ?? otherwise
  const listOf = (write: () => string) => `[${Array.from({ length: random(4) }, write).join()}]`

  function leaf(): string {
    const kinds = [
      () => 'null',
      () => pick(['true', 'false'], 'true'),
      () => pick(NUMBERS, '1'),
      () => listOf(leaf),
      () => JSON.stringify(withText()),
      // Other servers escape more than has to be.
      () => String.raw`"\u00e9\/"`,
      () => JSON.stringify(pick(STRINGS, '')),
    ]
    return pick(kinds, leaf)()
  }

  /** A place has an object, null, or a list of them. */
  function nested(write: () => string): string {
    const kinds = [() => 'null', write, () => listOf(write), () => listOf(() => nested(write))]
    return pick(kinds, write)()
  }

  function fields(prefix: string): Shape[] {
    return Array.from({ length: 1 + random(4) }, (_, index) => {
      const name = index === 1 && prefix === 'a' && random(4) === 0 ? '__proto__' : `${prefix}${index}`
      const below = depth > 0 && random(3) === 0 ? randomShape(random, withText, depth - 1) : undefined
      const isConditional = (index > 0 || prefix !== 'a') && random(5) === 0
      const alias = name === '__proto__' ? `${name}: proto` : name
      return {
        selection: `${alias} ${isConditional ? '@include(if: $on)' : ''} ${below ? `{ ${below.selection} }` : ''}`,
        write() {
          if (isConditional && random(2) === 0) return ''
          return `"${name}":${below ? nested(below.write) : leaf()}`
        },
      }
    })
  }

  const all = (of: readonly Shape[]) => of.map(({ selection }) => selection).join(' ')
  const written = (of: readonly Shape[]) => of.map(({ write }) => write()).filter((text) => text !== '')
  const common = fields('a')
  if (random(3) > 0) return { selection: all(common), write: () => `{${written(common).join()}}` }
  const own = Object.keys(INTERFACES).map((type) => ({ type, fields: fields(type.toLowerCase()) }))
  const fragments = own.map(({ type, fields: ofType }) => `... on ${type} { ${all(ofType)} }`)
  return {
    selection: `__typename ... on Item { ${all(common)} } ${fragments.join(' ')}`,
    write() {
      const { type, fields: ofType } = pick(own, { type: 'Other', fields: [] })
      return `{${[`"__typename":"${type}"`, ...written(common), ...written(ofType)].join()}}`
    },
  }
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)

/** Draws a selection set, and texts of data for it. */
function checkRandom(check: (read: () => ReadBody, text: string, random: Random) => void): void {
  const run = property(gen(), (draw) => {
    const random: Random = (below) => draw(nat, { max: below - 1 })
    const shape = randomShape(random, () => draw(string, { unit: 'binary' }))
    const reader = readerFor(`query ($on: Boolean!) { ${shape.selection} }`)
    for (let time = 0; time < 3; time++) {
      check(() => createEagerReader(() => reader), `{"data":${shape.write()}}`, random)
    }
  })
  assert(run, { seed, numRuns: 1500 })
}

describe('a reader of answers', () => {
  it('reads what JSON.parse would make of them, whatever was selected', () => {
    let reads = 0
    checkRandom((createReader, text) => {
      const body = Buffer.from(text)
      const answer = createReader()(body)
      expect(answer !== undefined || losesDigits(body)).toBe(true)
      if (!answer) return
      reads += 1
      expect(answer.data).toStrictEqual((JSON.parse(text) as ReadData).data)
      const isToEscape = stringsIn(answer.data).some((found) => JSON.stringify(found) !== `"${found}"`)
      expect(answer.hasEscapes || !isToEscape).toBe(true)
    })
    expect(reads).toBeGreaterThan(2000)
  })

  it('reads nothing else than JSON.parse would, however they were damaged', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    let refusals = 0
    let reads = 0
    checkRandom((createReader, text, random) => {
      const bytes = [...Buffer.from(text)]
      const put = [0, 10, 34, 44, 45, 46, 48, 49, 58, 91, 92, 93, 101, 110, 123, 125, 195, 255][random(18)] ?? 0
      bytes.splice(random(bytes.length), random(3), ...(random(3) > 0 ? [put] : []))
      const body = Buffer.from(random(8) === 0 ? bytes.slice(0, random(bytes.length + 1)) : bytes)
      const answer = createReader()(body)
      if (!answer) {
        refusals += 1
        return
      }
      reads += 1
      expect(answer.data).toStrictEqual((JSON.parse(decoder.decode(body)) as ReadData).data)
    })
    expect(Math.min(reads, refusals)).toBeGreaterThan(100)
  })

  it('tells objects apart by their type', () => {
    const query = '{ all { __typename ... on Item { name } ... on Book { pages } ... on Film { minutes } } }'
    const all = [
      { __typename: 'Film', name: 'a', minutes: 90 },
      { __typename: 'Book', name: 'b', pages: 300 },
      { __typename: 'Other' },
    ]
    expect(readOf(query, JSON.stringify({ data: { all } }))).toEqual({ data: { all }, hasEscapes: false })
  })

  it('takes fields of one name for one', () => {
    const query = '{ item { id shop { id } } ...More } fragment More on Query { item { shop { name } price } }'
    const data = { item: { id: '1', shop: { id: '2', name: 'x' }, price: 1.5 } }
    expect(readOf(query, JSON.stringify({ data }))?.data).toEqual(data)
  })

  it.each([
    ['{ a b }', '{"data":{"b":1,"a":2}}', 'in another order'],
    ['{ a }', '{ "data": { "a": 1 } }', 'with spaces'],
    ['{ a }', '{"data":{"a":1,"b":2}}', 'with more'],
    ['{ a b }', '{"data":{"a":1}}', 'with less'],
    ['{ a }', '{"data":{"a":1,"a":2}}', 'with one name twice'],
    ['{ a }', '{"errors":[{"message":"no"}],"data":{"a":null}}', 'with errors'],
    ['{ a }', '{"data":{"a":null},"errors":[{"message":"no"}]}', 'with errors behind'],
    ['{ a }', '{"data":{"a":1}}{}', 'with something behind'],
    ['{ a }', '{"data":null}', 'without data'],
    ['{ a }', '', 'with nothing'],
    ['{ a }', '{"data":{"a":{"any":1}}}', 'with an object that is a leaf'],
    ['{ a }', `{"data":{"a":${'['.repeat(100_000)}`, 'with lists in lists'],
    ['{ a }', '{"data":{"a":9007199254740993}}', 'with digits that a number does not hold'],
    ['{ a }', Buffer.from('{"data":{"a":"\xff"}}', 'latin1'), 'in another encoding than UTF-8'],
    ['{ a }', '{"data":{"a":"\n"}}', 'with control characters in strings'],
    ['query ($no: Boolean!) { a @skip(if: $no) }', '{"data":{"a":1}}', 'to nothing but conditions'],
  ])('leaves it to the parser: %s answered by %p, %s', (query, body, _how) => {
    expect(readOf(query, body)).toBeUndefined()
  })

  it.each([
    '01',
    '-',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x1',
    'NaN',
    'tru',
    'True',
    'nulL',
    "'a'",
    '"\\x"',
    '"\\',
  ])('leaves it to the parser that %s is no value', (value) => {
    expect(readOf('{ a }', `{"data":{"a":${value}}}`)).toBeUndefined()
    expect(readOf('{ a }', `{"data":{"a":[${value}]}}`)).toBeUndefined()
  })

  it('reads lists of entities under the names of a call', () => {
    const lists = [
      ['_entities0', readerFor('{ stock }')],
      ['_entities1', readerFor('{ ... on Book { pages authors { id } } }')],
    ] as const
    const data = { _entities0: [{ stock: 1 }, null], _entities1: [{ pages: 2, authors: [{ id: '3' }] }] }
    const read = createEagerReader(() => readLists(lists))
    expect(read(Buffer.from(`${JSON.stringify({ data })}\n`))).toEqual({ data, hasEscapes: false })
  })

  it('reads each answer anew, also what came in the same memory', () => {
    const read = createEagerReader(() => readerFor('{ text }'))
    const memory = Buffer.from('{"data":{"text":"a text of some length"}}')
    const first = read(memory)
    memory.fill('b', 17, 20)
    expect([first?.data, read(memory)?.data]).toEqual([
      { text: 'a text of some length' },
      { text: 'bbbext of some length' },
    ])
  })

  it('keeps what was read when the memory is used again, at whatever address', () => {
    const query = '{ names { long number } }'
    const data = { names: [{ long: 'a text of more than twelve characters', number: 123.25 }] }
    const text = JSON.stringify({ data })
    for (let offset = 0; offset < 8; offset++) {
      const memory = Buffer.alloc(text.length + 8)
      const body = memory.subarray(offset, offset + memory.write(text, offset))
      const answer = createEagerReader(() => readerFor(query))(body)
      memory.fill('"')
      expect(answer?.data).toEqual(data)
    }
  })

  it('is made when so much was parsed that it is worth it', () => {
    let made = 0
    const read = createBodyReader(
      () => {
        made += 1
        return readerFor('{ a }')
      },
      { parsedBytes: 100 },
    )
    const answers = Array.from({ length: 10 }, () => read(Buffer.from('{"data":{"a":"1"}}')))
    expect(answers.map((answer) => answer !== undefined)).toEqual(answers.map((_, index) => index >= 6))
    expect(made).toBe(1)
  })

  it.each([
    ['Japanese', '{"data":{"all":[{"a":"東京都千代田区丸の内一丁目九番"}]}}'],
    ['escaped', String.raw`{"data":{"all":[{"a":"<a href=\"x\">"},{"a":"\u00e9\u00e8\u00ea\u00eb"}]}}`],
    ['lists of numbers', '{"data":{"all":[{"a":[1.5,2.5,3.5,4.5,5.5,6.5]}]}}'],
    ['long numbers', '{"data":{"all":[{"a":0.30000000000000004},{"a":0.20000000000000018}]}}'],
  ])('leaves it to the parser, mostly, what that is faster at: %s', (_, text) => {
    const read = createEagerReader(() => readerFor('{ all { a } }'))
    const answers = Array.from({ length: 100 }, () => read(Buffer.from(text)))
    const reads = answers.filter((answer) => answer !== undefined)
    expect(reads[0]?.data).toEqual((JSON.parse(text) as ReadData).data)
    expect(reads.length).toBeLessThan(8)
  })

  it('leaves it to the parser when there is no room on the stack', () => {
    let thrown = 0
    const tooDeep = () => {
      thrown += 1
      throw new RangeError('Maximum call stack size exceeded')
    }
    const reading = createEagerReader(() => tooDeep)
    const making = createEagerReader(tooDeep)
    for (let answers = 0; answers < 1000; answers++) {
      expect([reading(Buffer.from('{"data":{"a":1}}')), making(Buffer.from('{"data":{"a":1}}'))]).toEqual([
        undefined,
        undefined,
      ])
    }
    expect(thrown).toBeLessThan(30)
  })

  it('knows the types of an interface by what is selected for them, however many there are', () => {
    const matches = (typename: string, condition: string) => condition === 'Node' || typename === condition
    const read = createEagerReader(() =>
      generateReader(selectionSetOf('{ all { __typename ... on Node { id } ... on Book { pages } } }'), {
        fragments: new Map(),
        matches,
      }),
    )
    const all = Array.from({ length: 3000 }, (_, index) => ({ __typename: `Type${index}`, id: `${index}` }))
    const data = { all: [...all, { __typename: 'Book', id: 'b', pages: 1 }] }
    expect(read(Buffer.from(JSON.stringify({ data })))?.data).toEqual(data)
  })

  it('is made once, and tries more and more seldom what it can not read', () => {
    let made = 0
    let looked = 0
    const read = createEagerReader(() => {
      made += 1
      const reader = readerFor('{ a }')
      return (cursor) => {
        looked += 1
        return reader(cursor)
      }
    })
    for (let answers = 0; answers < 10_000; answers++) read(Buffer.from('{"data":{"b":1}}'))
    expect([made, looked < 30]).toEqual([1, true])
    for (let answers = 0; answers < 2000; answers++) read(Buffer.from('{"data":{"a":1}}'))
    expect(read(Buffer.from('{"data":{"a":1}}'))?.data).toEqual({ a: 1 })
    expect(looked).toBeGreaterThan(900)
  })

  it.each([
    ['a selection set', 1100, (names: readonly string[]) => names.map((name) => ({ [name]: { x: 1 } }))],
    ['an object', 201, (names: readonly string[]) => names.map((name) => ({ [name]: 1 }))],
  ])('is not made for %s with more fields than are worth it', (_, count, membersOf) => {
    const readsAll = (size: number) => {
      const names = Array.from({ length: size }, (__, index) => `a${index}`)
      const data: object = Object.assign({}, ...membersOf(names)) as object
      const selection = Object.entries(data).map(([name, value]) => (value === 1 ? name : `${name} { x }`))
      const answer = readOf(`{ ${selection.join(' ')} }`, JSON.stringify({ data }))
      return answer !== undefined
    }
    expect([readsAll(count), readsAll(150)]).toEqual([false, true])
  })
})
