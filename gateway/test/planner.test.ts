import { readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import type { Operation } from '../src/operation.ts'
import { createPlanner, type Planner, type PlannerOptions } from '../src/plan/planner.ts'
import { createPlanningWorker } from '../src/plan/planning-worker.ts'
import type { LoadedSupergraph } from '../src/supergraph/load.ts'
import { composed, loaded, operationIn } from './planning-graph.ts'

const SHOP = {
  products: `type Query { product: Product products: [Product!]! }
    type Product @key(fields: "id") { id: ID! name: String }`,
  reviews: `type Product @key(fields: "id") { id: ID! reviews: [Review!]! } type Review { body: String product: Product }`,
}

const MOVING = {
  old: `type Query { one: Int two: Int three: Int product: Product }
    type Product @key(fields: "id") { id: ID! name: String }`,
  new: `type Query {
      one: Int @override(from: "old", label: "percent(20)")
      two: Int @override(from: "old", label: "two-moves")
      three: Int @override(from: "old", label: "percent(20)")
    }
    type Product @key(fields: "id") { id: ID! name: String @override(from: "old", label: "names-move") }`,
}

function planner(graph: LoadedSupergraph, options: Partial<PlannerOptions> = {}): Planner {
  return createPlanner(graph, { cacheSize: 100, ...options })
}

/** The subgraphs that a plan asks, in its order. */
async function asked(from: Planner, operation: Operation): Promise<string[]> {
  const { plan } = await from.plan(operation)
  return [...JSON.stringify(plan).matchAll(/"serviceName":"(\w+)"/g)].map(([, name = '']) => name)
}

/** Starting a thread takes half a second, or several where others need the processor. */
const STARTS_A_THREAD_MS = 60_000

describe('the planner', () => {
  it(
    'gives the same plan in place and from its thread',
    async () => {
      const graph = loaded(await readFile(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8'))
      const file = new URL('../../schema/operations/storefront/ProductPage.graphql', import.meta.url)
      const operation = operationIn(await readFile(file, 'utf8'))
      await using inPlace = planner(graph, { largestInPlace: Infinity })
      await using inThread = planner(graph, { largestInPlace: 0 })
      const { plan } = await inThread.plan(operation)
      expect(plan.node).toBeDefined()
      expect(plan).toEqual(JSON.parse(JSON.stringify((await inPlace.plan(operation)).plan)))
    },
    STARTS_A_THREAD_MS,
  )

  it(
    'plans an operation once, however many ask for it at the same time',
    async () => {
      await using plans = planner(composed(SHOP), { largestInPlace: 0 })
      const operation = operationIn('{ product { name reviews { body } } }')
      const [first, second] = await Promise.all([plans.plan(operation), plans.plan(operation)])
      expect(second).toBe(first)
      expect(await plans.plan(operation)).toBe(first)
      expect(plans.cached()).toBe(1)
    },
    STARTS_A_THREAD_MS,
  )

  it(
    'tells from its thread why there is no plan',
    async () => {
      const graph = composed(SHOP)
      const operation = operationIn('{ product { nobodyHasThis } }')
      await using plans = planner(graph, { largestInPlace: 0 })
      const refused = expect.objectContaining({ extensions: { code: 'UNPLANNABLE_OPERATION' } })
      await expect(plans.plan(operation)).rejects.toEqual(refused)
      await expect(plans.plan(operation)).rejects.toThrow(/nobodyHasThis/)
    },
    STARTS_A_THREAD_MS,
  )
})

describe('what is hard to plan for its size', () => {
  const objects = ['A', 'B', 'C'].map((name) => `type ${name} implements I @key(fields: "id") { id: ID! }`)
  const graph = composed({
    s0: 'type Query { i: I n: Int } type I @interfaceObject @key(fields: "id") { id: ID! next: I }',
    s1: `interface I @key(fields: "id") { id: ID! } ${objects.join(' ')}`,
  })
  const hard = operationIn('{ i { next { next { next { next { id } } } } } }')

  it(
    'is given up in the thread, while others are planned, and not tried again',
    async () => {
      await using plans = planner(graph, { timeoutMs: 2000 })
      const refused = plans.plan(hard).then(
        () => 'planned',
        (error: unknown) => error,
      )
      const first = await Promise.race([refused, plans.plan(operationIn('{ n }')).then(() => 'the other first')])
      expect(first).toBe('the other first')
      const error = await refused
      expect(error).toMatchObject({
        message: expect.stringMatching(/takes more than (2000 ms|512 MiB of memory)\. Ask for less at once\.$/),
        extensions: { code: 'UNPLANNABLE_OPERATION' },
      })
      await expect(plans.plan(hard)).rejects.toBe(error)
    },
    STARTS_A_THREAD_MS,
  )
})

describe('the planning thread', () => {
  /** Every level has one more product of reviews: small as a text, and large once its fragments are written out. */
  const bomb = operationIn(
    Array.from({ length: 16 }, (_, level) => {
      const next =
        level === 15 ? 'name' : `reviews { product { ...F${level + 1} } } r: reviews { product { ...F${level + 1} } }`
      return `fragment F${level} on Product { ${next} }`
    }).join(' ') + ' { product { ...F0 } }',
  )

  it(
    'gives up an operation that takes it too long, and goes on with what waits behind it',
    async () => {
      const { sdl } = composed(SHOP)
      await using worker = createPlanningWorker({ sdl, timeoutMs: 600 })
      const good = { operation: operationIn('{ product { reviews { body } } }'), overrides: new Map<string, boolean>() }
      const outcomes = await Promise.allSettled([
        worker.plan(good),
        worker.plan({ operation: bomb, overrides: new Map() }),
        worker.plan(good),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: { extensions: { code: 'UNPLANNABLE_OPERATION' } } })
      expect(String((outcomes[1] as PromiseRejectedResult).reason)).toContain('more than 600 ms')
    },
    STARTS_A_THREAD_MS,
  )

  it('refuses what comes when too many wait', async () => {
    const { sdl } = composed(SHOP)
    const worker = createPlanningWorker({ sdl, timeoutMs: 1000, mostWaiting: 1 })
    const request = { operation: operationIn('{ product { name } }'), overrides: new Map<string, boolean>() }
    const waiting = worker.plan(request)
    expect(() => worker.plan(request)).toThrow('Too many operations wait')
    await Promise.all([Promise.allSettled([waiting]), worker[Symbol.asyncDispose]()])
  })

  it(
    'does not blame an operation when it does not start',
    async () => {
      await using worker = createPlanningWorker({ sdl: 'type Query {', timeoutMs: 1000 })
      const plan = worker.plan({ operation: operationIn('{ product { name } }'), overrides: new Map() })
      await expect(plan).rejects.toMatchObject({
        message: expect.stringContaining('There is no thread to plan operations in: '),
        extensions: { code: 'SERVICE_UNAVAILABLE' },
      })
    },
    STARTS_A_THREAD_MS,
  )

  it(
    'refuses what still waits when it is disposed',
    async () => {
      const { sdl } = composed(SHOP)
      const worker = createPlanningWorker({ sdl, timeoutMs: 1000 })
      const waiting = worker.plan({ operation: operationIn('{ product { name } }'), overrides: new Map() })
      const [outcome] = await Promise.all([Promise.allSettled([waiting]), worker[Symbol.asyncDispose]()])
      expect(outcome).toMatchObject([{ reason: { extensions: { code: 'SERVICE_UNAVAILABLE' } } }])
    },
    STARTS_A_THREAD_MS,
  )
})

describe('a planner whose thread can not be had', () => {
  it('refuses an operation, and tries again when it comes again', async () => {
    const plans = planner(composed(SHOP), { largestInPlace: 0 })
    await plans[Symbol.asyncDispose]()
    const operation = operationIn('{ product { name } }')
    const refused = expect.objectContaining({ extensions: { code: 'SERVICE_UNAVAILABLE' } })
    await expect(plans.plan(operation)).rejects.toEqual(refused)
    expect(plans.cached()).toBe(0)
  })
})

describe('progressive @override', () => {
  it('asks the new subgraph once the label is on', async () => {
    const graph = composed(MOVING)
    await using before = planner(graph)
    await using after = planner(graph, { overrideLabels: ['two-moves'] })
    const operation = operationIn('{ two }')
    expect(await asked(before, operation)).toEqual(['old'])
    expect(await asked(after, operation)).toEqual(['new'])
  })

  it('asks the new subgraph for an entity only where the label is on', async () => {
    const graph = composed(MOVING)
    await using before = planner(graph)
    await using after = planner(graph, { overrideLabels: ['names-move'] })
    const operation = operationIn('{ product { name } }')
    expect(await asked(before, operation)).toEqual(['old'])
    expect(await asked(after, operation)).toEqual(['old', 'new'])
  })

  it('decides a percentage by lot for each request, once for all fields of it', async () => {
    await using plans = planner(composed(MOVING))
    const operation = operationIn('{ one three }')
    const seen = new Set<string>()
    let on = 0
    for (let request = 0; request < 2000; request += 1) {
      const decided = plans.decide(operation)
      seen.add(JSON.stringify([...decided]))
      if (decided.get('percent(20)')) on += 1
    }
    expect(seen).toEqual(new Set(['[["percent(20)",true]]', '[["percent(20)",false]]']))
    // Four standard deviations around 400.
    expect(Math.abs(on - 400)).toBeLessThan(72)
  })

  it('keeps a plan for each decision', async () => {
    await using plans = planner(composed(MOVING))
    const operation = operationIn('{ one two }')
    const on = await plans.plan(operation, new Map([['percent(20)', true]]))
    const off = await plans.plan(operation, new Map([['percent(20)', false]]))
    expect(JSON.stringify(on.plan)).toContain('"serviceName":"new"')
    expect(JSON.stringify(off.plan)).not.toContain('"serviceName":"new"')
    expect(await plans.plan(operation, new Map([['percent(20)', true]]))).toBe(on)
    expect(plans.cached()).toBe(2)
  })

  it('decides nothing for operations that meet no label', async () => {
    await using plans = planner(composed(MOVING))
    expect(plans.decide(operationIn('{ product { id } }')).size).toBe(0)
    expect(plans.decide(operationIn('{ two }')).size).toBe(1)
  })
})
