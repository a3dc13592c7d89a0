import type { RequestListener } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinySubgraph } from './tiny-graph.ts'

const ITEMS = 100

const SHOP: TinySubgraph = {
  sdl: `
    scalar Money
    type Query { items: [Item!]! cheaperThan(price: Money): [Item!] name: String }
    type Item @key(fields: "id") { id: ID! }
  `,
  resolvers: {
    Query: {
      items: () => Array.from({ length: ITEMS }, (_, id) => ({ id: String(id) })),
      cheaperThan: () => [],
      name: () => 'Portico',
    },
  },
}

const GRADES = Array.from({ length: 40 }, (_, n) => `grade${n}`)

/** Grades items, or does not. */
const ratings = (onPost: RequestListener): TinySubgraph => ({
  sdl: `type Item @key(fields: "id") { id: ID! ${GRADES.map((name) => `${name}: Int`).join(' ')} }`,
  resolvers: {},
  onPost,
})

const cutOff: RequestListener = (_, response) => void response.destroy()

const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    void response.end(JSON.stringify(value))

const ALL_GRADES = `{ items { ${GRADES.join(' ')} } }`

describe('a subgraph that is down', () => {
  it('made an error for each field of each of its entities, four thousand for one fetch', async () => {
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(cutOff) })
    const { data, errors } = await postGraphql<{ items: unknown[] }>(graph.url, { query: ALL_GRADES })
    expect(data.items).toHaveLength(ITEMS)
    expect(errors).toHaveLength(100)
    expect(errors[0]).toMatchObject({ path: ['items', 0, 'grade0'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } })
    expect(errors[98]).toMatchObject({ path: ['items', 2, 'grade18'] })
    expect(errors[99]).toEqual({
      message: 'ratings can not be reached. 3901 more fields are null because of it.',
      extensions: expect.objectContaining({ code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'ratings' }),
    })
  })

  it('was logged with two stacks for each fetch of a request', async () => {
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(cutOff) })
    const query = `{ a: items { grade0 } b: items { grade1 } c: cheaperThan(price: "1") { grade0 } }`
    await postGraphql(graph.url, { query })
    const lines = graph.logged.filter(({ msg }) => msg === 'subgraph unavailable')
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', subgraph: 'ratings', reason: 'unreachable', cause: expect.any(String) }),
    ])
    expect(JSON.stringify(lines)).not.toContain('stack')
  })
})

describe('an answer of a subgraph', () => {
  it.each([
    ['without data and without an error', {}],
    ['with other entities than those that were asked for', { data: { _entities: [{ grade0: 1 }] } }],
    ['with entities that are none', { data: { _entities: Array.from({ length: ITEMS }, () => 'item') } }],
  ])('%s left nulls that nothing explained, or broke the request', async (_, answer) => {
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(json(answer)) })
    const { status, data, errors } = await postGraphql<{ items: object[] }>(graph.url, {
      query: '{ items { grade0 } }',
    })
    expect(status).toBe(200)
    expect(data.items[0]).toEqual({ grade0: null })
    expect(errors).toHaveLength(ITEMS)
    expect(errors[7]).toMatchObject({ path: ['items', 7, 'grade0'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } })
  })

  it('was passed on with as many errors as it had, however long', async () => {
    const error = { message: 'x'.repeat(5000), path: ['_entities', 0, 'grade0'], extensions: { code: 'BAD_LUCK' } }
    const answer = {
      data: { _entities: Array.from({ length: ITEMS }, () => null) },
      errors: Array.from({ length: 500 }, () => error),
    }
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(json(answer)) })
    const { errors } = await postGraphql(graph.url, { query: '{ items { grade0 } }' })
    expect(errors).toHaveLength(100)
    expect(errors[0]?.message).toHaveLength(1001)
    expect(errors[99]).toMatchObject({
      message: '401 more errors of ratings.',
      extensions: { code: 'BAD_LUCK', subgraph: 'ratings' },
    })
  })

  it('set the status of the answer to the client', async () => {
    const errors = [{ message: 'No.', extensions: { code: 'NO', http: { status: 503 } } }]
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(json({ data: null, errors })) })
    expect((await postGraphql(graph.url, { query: '{ items { grade0 } }' })).status).toBe(200)
  })

  it('that was masked in production was logged nowhere', async () => {
    const answer = {
      data: { _entities: Array.from({ length: ITEMS }, () => null) },
      errors: Array.from({ length: ITEMS }, (_, n) => ({
        message: `connect ECONNREFUSED 10.0.0.7:5432 ${'x'.repeat(1000)}`,
        path: ['_entities', n, 'grade0'],
      })),
    }
    await using graph = await startTinyGraph({ shop: SHOP, ratings: ratings(json(answer)) })
    const { errors } = await postGraphql(graph.url, { query: '{ items { grade0 } }' })
    expect(errors[0]).toMatchObject({ message: 'Internal server error.' })
    const lines = graph.logged.filter(({ msg }) => msg === 'a subgraph failed')
    expect(lines.length).toBeLessThanOrEqual(3)
    expect(lines[0]).toMatchObject({
      level: 'warn',
      subgraph: 'ratings',
      path: ['items', 0, 'grade0'],
      reason: expect.stringMatching(/^connect ECONNREFUSED 10\.0\.0\.7:5432 x{1,500}$/),
      requestId: errors[0]?.extensions['requestId'],
    })
    await eventually(() => graph.logged.some(({ msg }) => msg === 'request'))
    expect(graph.logged.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('a value that a scalar of a subgraph refuses', () => {
  it('nulled fields that had nothing to do with it, with one error that had no path', async () => {
    const refusal = { message: 'Money must be digits.', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }
    await using graph = await startTinyGraph({ shop: { ...SHOP, onPost: json({ errors: [refusal] }) } })
    const query = '{ cheaperThan(price: "abc") { id } other: name }'
    const { data, errors } = await postGraphql(graph.url, { query })
    expect(data).toEqual({ cheaperThan: null, other: null })
    expect(errors.map(({ path, message, extensions }) => [path, message, extensions['code']])).toEqual([
      [['cheaperThan'], 'Money must be digits.', 'BAD_USER_INPUT'],
      [['other'], 'Money must be digits.', 'BAD_USER_INPUT'],
    ])
  })

  it('is no excuse for a subgraph that was sent no value: it has another schema than the gateway', async () => {
    const errors = [{ message: 'Cannot query field "name".', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]
    await using graph = await startTinyGraph({ shop: { ...SHOP, onPost: json({ errors }) } })
    const reply = await postGraphql(graph.url, { query: '{ name }' })
    expect(reply.errors).toMatchObject([
      { message: 'Internal server error.', path: ['name'], extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } },
    ])
  })
})
