import { describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { eventually } from '@portico/testkit/eventually'
import { startTinyGraph } from './tiny-graph.ts'

/** A subgraph that answers when it is told to, with how often it was asked. */
function createCounting() {
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
  const asked: string[] = []
  const count = (what: string) => async () => {
    asked.push(what)
    await released
    return asked.length
  }
  const sdl = 'type Query { count(n: Int): Int } type Mutation { add: Int }'
  return {
    asked,
    release,
    subgraph: { sdl, resolvers: { Query: { count: count('query') }, Mutation: { add: count('mutation') } } },
  }
}

const all = <Value>(count: number, make: () => Promise<Value>) => Promise.all(Array.from({ length: count }, make))

describe('SHARE_QUERIES', () => {
  it('executes identical queries in flight once, and others each', async () => {
    const { asked, release, subgraph } = createCounting()
    await using graph = await startTinyGraph({ one: subgraph }, { SHARE_QUERIES: 'true' })
    const query = 'query ($n: Int) { count(n: $n) }'
    const same = all(5, () => postGraphql(graph.url, { query, variables: { n: 1 } }))
    const other = postGraphql(graph.url, { query, variables: { n: 2 } })
    await eventually(() => asked.length === 2)
    release(undefined)
    expect((await same).map(({ data }) => data)).toEqual(Array.from({ length: 5 }, () => ({ count: 2 })))
    expect((await other).data).toEqual({ count: 2 })
    expect(asked).toHaveLength(2)
  })

  it('executes every mutation', async () => {
    const { asked, release, subgraph } = createCounting()
    await using graph = await startTinyGraph({ one: subgraph }, { SHARE_QUERIES: 'true' })
    const running = all(3, () => postGraphql(graph.url, { query: 'mutation { add }' }))
    await eventually(() => asked.length === 3)
    release(undefined)
    expect(new Set((await running).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('is off by default', async () => {
    const { asked, release, subgraph } = createCounting()
    await using graph = await startTinyGraph({ one: subgraph })
    const running = all(3, () => postGraphql(graph.url, { query: '{ count }' }))
    await eventually(() => asked.length === 3)
    release(undefined)
    expect(new Set((await running).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('answers what there is by then to who runs out of time last, as without it, and 504 to those before', async () => {
    const { asked, release, subgraph } = createCounting()
    const quick = { sdl: 'type Query { quick: Int }', resolvers: { Query: { quick: () => 1 } } }
    const answersOf = async (env: Record<string, string>) => {
      await using graph = await startTinyGraph({ one: subgraph, quick }, { REQUEST_TIMEOUT_MS: '1000', ...env })
      const answers = await all(2, () => postGraphql(graph.url, { query: '{ quick count }' }))
      return answers.toSorted((one, other) => one.status - other.status)
    }
    const [partial] = await answersOf({})
    expect(partial?.data).toEqual({ quick: 1, count: null })
    asked.length = 0
    const [last, first] = await answersOf({ SHARE_QUERIES: 'true' })
    expect(asked).toHaveLength(1)
    release(undefined)
    expect(last).toMatchObject({ status: partial?.status, data: partial?.data })
    expect(last?.errors[0]?.extensions?.['code']).toBe(partial?.errors[0]?.extensions?.['code'])
    expect(first).toMatchObject({
      status: 504,
      errors: [{ message: expect.stringContaining('an identical one'), extensions: { code: 'REQUEST_TIMEOUT' } }],
    })
  })
})
