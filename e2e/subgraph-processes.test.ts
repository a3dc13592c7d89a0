import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import type { GraphqlReply } from '@portico/testkit/post-graphql'
import { lockTables } from './locked-tables.ts'
import { startSubgraphProcess, type SubgraphProcess } from './subgraph-process.ts'
import { startTestGraph, type SubgraphName, type TestGraph } from './test-graph.ts'

const SUBGRAPH_TIMEOUT_MS = 1000
/** For a busy machine: what may pass between the end of a deadline and the answer that tells of it. */
const GRACE_MS = 2000

const NAMES: readonly SubgraphName[] = ['users', 'products', 'orders']
const processes = new Map<SubgraphName, SubgraphProcess>()
let graph: TestGraph
let whole: Everything
beforeAll(async () => {
  graph = await startTestGraph({ SUBGRAPH_TIMEOUT_MS: String(SUBGRAPH_TIMEOUT_MS) }, async (name, env) => {
    const process = await startSubgraphProcess(name, env)
    processes.set(name, process)
    return process
  })
  whole = (await ask<Everything>(EVERYTHING)).data
}, 60_000)
afterAll(() => graph[Symbol.asyncDispose]())

/** Root fields of each subgraph, and fields of each that are reached through the entities of another. */
const EVERYTHING = `{
  me { email }
  categories { slug }
  products(first: 1) { nodes { title variants(first: 1) { nodes { sku unitsSold } } } }
  orders(first: 1) { nodes { number customer { displayName } lines { title variant { sku } } } }
}`
interface Everything {
  me: unknown
  categories: unknown
  products: { nodes: { title: string; variants: { nodes: { sku: string; unitsSold: unknown }[] } }[] } | null
  orders: { nodes: { number: string; customer: unknown; lines: { title: string; variant: unknown }[] }[] } | null
}

/** What a subgraph answers of {@link EVERYTHING}, as paths. */
const OWN: Readonly<Record<SubgraphName, RegExp>> = {
  users: /^(me|orders\.nodes\.\d+\.customer)\b/,
  products: /^(categories|products|orders\.nodes\.\d+\.lines\.\d+\.variant)\b/,
  orders: /^(orders|products\.nodes\.\d+\.variants\.nodes\.\d+\.unitsSold)\b/,
}

/** {@link EVERYTHING} as it is answered without a subgraph. */
function without(name: SubgraphName, data: Everything): Everything {
  const answer = structuredClone(data)
  if (name === 'users') {
    answer.me = null
    for (const order of answer.orders?.nodes ?? []) order.customer = null
  } else if (name === 'products') {
    answer.categories = null
    answer.products = null
    for (const line of answer.orders?.nodes.flatMap(({ lines }) => lines) ?? []) line.variant = null
  } else {
    answer.orders = null
    for (const variant of answer.products?.nodes.flatMap(({ variants }) => variants.nodes) ?? [])
      variant.unitsSold = null
  }
  return answer
}

/** Fields of the two other subgraphs only. */
const OF_OTHERS: Readonly<Record<SubgraphName, string>> = {
  users: '{ categories { slug } orders(first: 1) { nodes { number lines { variant { sku } } } } }',
  products: '{ me { email } orders(first: 1) { nodes { number customer { displayName } } } }',
  orders: '{ me { email } categories { slug } products(first: 1) { nodes { title } } }',
}

const ask = async <Data>(query: string) => graph.request<Data>(query, {}, await graph.tokenOf('SUPPORT'))

interface Answer<Data> extends GraphqlReply<Data> {
  tookMs: number
}

/** Clients that keep asking, each as soon as it has its answer, until this is disposed. */
function keepAsking<Data>(query: string, clients: number): AsyncDisposable & { answers: Answer<Data>[] } {
  const answers: Answer<Data>[] = []
  const stop = new AbortController()
  async function client(): Promise<void> {
    while (!stop.signal.aborted) {
      const startedAt = performance.now()
      const reply = await ask<Data>(query)
      answers.push({ ...reply, tookMs: performance.now() - startedAt })
    }
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    answers,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

interface Fault {
  name: SubgraphName
  /** What the errors say. */
  codes: readonly string[]
  begin: () => unknown
  end: () => unknown
}

/** Breaks a subgraph while clients keep asking, mends it, and checks everything that they were answered meanwhile. */
async function expectOnlyOwnFieldsToFail({ name, codes, begin, end }: Fault): Promise<void> {
  expect(await ask(EVERYTHING)).toMatchObject({ data: whole, errors: [] })
  const everything = keepAsking<Everything>(EVERYTHING, 2)
  const others = keepAsking(OF_OTHERS[name], 2)
  const missing = without(name, whole)
  {
    await using _everything = everything
    await using _others = others
    await begin()
    await eventually(() => everything.answers.some(({ data }) => isDeepStrictEqual(data, missing)))
    await end()
    await eventually(async () => (await ask(EVERYTHING)).errors.length === 0)
  }
  expect(await ask(EVERYTHING)).toMatchObject({ data: whole, errors: [] })

  expect(others.answers.length).toBeGreaterThan(0)
  expect(others.answers.filter(({ status, errors }) => status !== 200 || errors.length > 0)).toEqual([])
  for (const { status, data, errors, tookMs } of everything.answers) {
    expect(status).toBe(200)
    expect(without(name, data)).toEqual(missing)
    expect(tookMs).toBeLessThan(SUBGRAPH_TIMEOUT_MS + GRACE_MS)
    for (const { path, extensions } of errors) {
      expect(path?.join('.')).toMatch(OWN[name])
      expect(extensions).toEqual({ code: expect.any(String), subgraph: name, requestId: expect.any(String) })
      expect(codes).toContain(extensions['code'])
    }
  }
}

describe.each(NAMES)('while clients keep asking, %s', (name) => {
  it('that hangs costs its own fields, and serves again when it goes on', async () => {
    await expectOnlyOwnFieldsToFail({
      name,
      codes: ['SUBGRAPH_TIMEOUT'],
      begin: () => processes.get(name)?.signal('SIGSTOP'),
      end: () => processes.get(name)?.signal('SIGCONT'),
    })
  }, 60_000)

  it('that is killed costs its own fields, and serves again when it is started anew', async () => {
    await expectOnlyOwnFieldsToFail({
      name,
      // A process that has just begun may be slow to answer first.
      codes: ['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_TIMEOUT'],
      begin: () => graph.subgraphs[name].stop(),
      end: () => graph.subgraphs[name].start(),
    })
  }, 60_000)

  it('whose database stops costs its own fields, and serves again when the database is back', async () => {
    const database = graph.databases[name]
    const limit = (connections: number) =>
      database.sql.query(`ALTER DATABASE ${database.sql.database} CONNECTION LIMIT ${connections}`)
    await expectOnlyOwnFieldsToFail({
      name,
      codes: ['SERVICE_UNAVAILABLE'],
      async begin() {
        await limit(0)
        await database.breakConnections()
      },
      end: () => limit(-1),
    })
  }, 60_000)

  it('whose database hangs costs its own fields, and serves again when the database goes on', async () => {
    let locked: AsyncDisposable | undefined
    await expectOnlyOwnFieldsToFail({
      name,
      codes: ['SUBGRAPH_TIMEOUT', 'SERVICE_UNAVAILABLE'],
      begin: async () => {
        locked = await lockTables(graph.databases[name])
      },
      end: () => locked?.[Symbol.asyncDispose](),
    })
  }, 60_000)
})
