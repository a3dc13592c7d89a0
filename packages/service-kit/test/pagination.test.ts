import { describe, expect, it } from '@jest/globals'
import {
  createOrdering,
  exactlyOneOf,
  parsePage,
  toConnection,
  type PageArguments,
} from '@portico/service-kit/pagination'
import { z } from 'zod'

/** A list of ten rows, read as a subgraph reads them from its database. */
const rows = Array.from({ length: 10 }, (_, index) => ({ rank: index, id: `row-${index}` }))
const byRank = createOrdering('rank', z.object({ rank: z.number(), id: z.string() }))

function read(args: PageArguments) {
  const page = parsePage(args, byRank)
  const { after, before, direction, limit } = page
  const within = rows.filter(({ rank }) => (!after || rank > after.rank) && (!before || rank < before.rank))
  const nearestFirst = direction === 'forward' ? within : within.toReversed()
  return toConnection(nearestFirst.slice(0, limit + 1), page, (row) => byRank.encode(row))
}

const cursor = (index: number) => byRank.encode({ rank: index, id: `row-${index}` })
const ranks = (args: PageArguments) => read(args).nodes.map(({ rank }) => rank)

describe('the arguments of a list', () => {
  const refused = (args: PageArguments) => {
    try {
      parsePage(args, byRank)
    } catch (error) {
      return error
    }
    return undefined
  }

  it('ask for twenty items forward when they say nothing, or null', () => {
    expect(parsePage({}, byRank)).toEqual({ direction: 'forward', limit: 20, after: undefined, before: undefined })
    expect(parsePage({ first: null, after: null, last: null, before: null }, byRank)).toEqual(parsePage({}, byRank))
  })

  it('take sizes from 0 to 100 and refuse others instead of capping them', () => {
    expect(parsePage({ first: 100 }, byRank).limit).toBe(100)
    expect(parsePage({ last: 0 }, byRank)).toMatchObject({ direction: 'backward', limit: 0 })
    for (const [name, size] of [
      ['first', 101],
      ['last', 101],
      ['first', -1],
      ['last', -1],
    ] as const) {
      expect(refused({ [name]: size })).toMatchObject({
        message: `"${name}" must ${size < 0 ? 'not be negative' : 'be at most 100'}.`,
        extensions: { code: 'BAD_USER_INPUT', argumentName: name },
      })
    }
  })

  it('take first or last, not both', () => {
    expect(refused({ first: 1, last: 1 })).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
  })

  it('refuse a cursor that was tampered with, and say which argument it is', () => {
    const tampered = [
      '',
      '?',
      'null',
      Buffer.from('["rank"]').toString('base64url'),
      Buffer.from('["rank",{"rank":"1","id":"row-1"}]').toString('base64url'),
      Buffer.from('["rank",{"rank":1}]').toString('base64url'),
      Buffer.from('["rank",{"rank":1,"id":"row-1"},0]').toString('base64url'),
      cursor(1).slice(0, -3),
    ]
    for (const before of tampered) {
      expect([before, refused({ before })]).toEqual([
        before,
        expect.objectContaining({
          message: '"before" is not a cursor of this list in this order.',
          extensions: { code: 'BAD_USER_INPUT', argumentName: 'before' },
        }),
      ])
    }
  })

  it('refuse a cursor of another ordering, even one of the same shape', () => {
    const byTitle = createOrdering('title', z.object({ rank: z.number(), id: z.string() }))
    const after = byTitle.encode({ rank: 1, id: 'row-1' })
    expect(refused({ after })).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argumentName: 'after' } })
  })
})

describe('a connection', () => {
  it('goes forward from its start to its end', () => {
    expect(read({ first: 4 })).toMatchObject({
      nodes: [{ rank: 0 }, { rank: 1 }, { rank: 2 }, { rank: 3 }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: cursor(0), endCursor: cursor(3) },
    })
    expect(read({ first: 4, after: cursor(7) })).toMatchObject({
      nodes: [{ rank: 8 }, { rank: 9 }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: cursor(8), endCursor: cursor(9) },
    })
  })

  it('goes backward from its end to its start, with its items in the order of the list', () => {
    expect(read({ last: 4 })).toMatchObject({
      nodes: [{ rank: 6 }, { rank: 7 }, { rank: 8 }, { rank: 9 }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: cursor(6), endCursor: cursor(9) },
    })
    expect(read({ last: 4, before: cursor(2) })).toMatchObject({
      nodes: [{ rank: 0 }, { rank: 1 }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: cursor(0), endCursor: cursor(1) },
    })
  })

  it('has the same items with the same cursors on every way through it', () => {
    const forward = [read({ first: 3 })]
    while (forward.at(-1)?.pageInfo.hasNextPage) {
      forward.push(read({ first: 3, after: forward.at(-1)?.pageInfo.endCursor }))
    }
    const backward = [read({ last: 3 })]
    while (backward[0]?.pageInfo.hasPreviousPage) {
      backward.unshift(read({ last: 3, before: backward[0].pageInfo.startCursor }))
    }
    expect(forward.flatMap(({ nodes }) => nodes)).toEqual(rows)
    expect(backward.flatMap(({ edges }) => edges)).toEqual(forward.flatMap(({ edges }) => edges))
  })

  it('stays between two cursors in both directions', () => {
    expect(ranks({ first: 2, after: cursor(2), before: cursor(6) })).toEqual([3, 4])
    expect(ranks({ last: 2, after: cursor(2), before: cursor(6) })).toEqual([4, 5])
  })

  it('of no items knows that there are more, and has no cursors', () => {
    expect(read({ first: 0 })).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })
})

describe('a look-up by one of several keys', () => {
  it('needs exactly one of them; null counts as not given', () => {
    expect(exactlyOneOf({ id: null, sku: 'A-1' }, ['id', 'sku'])).toEqual({ name: 'sku', value: 'A-1' })
    expect(exactlyOneOf({ id: '' }, ['id', 'sku'])).toEqual({ name: 'id', value: '' })
    for (const args of [{}, { id: null }, { id: '1', sku: 'A-1' }]) {
      expect(() => exactlyOneOf(args, ['id', 'sku'])).toThrow('Give exactly one of "id" and "sku".')
    }
  })
})
