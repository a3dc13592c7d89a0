import { glob, readFile } from 'node:fs/promises'
import type { PlanNode, QueryPlan } from '@apollo/query-planner'
import { describe, expect, it } from '@jest/globals'
import { createPlanCheck } from '../src/plan/check-plan.ts'
import { createIsolation } from '../src/plan/isolate.ts'
import { createPlanMaker } from '../src/plan/plan-maker.ts'
import type { LoadedSupergraph } from '../src/supergraph/load.ts'
import { PLAN_GRAPHS } from './plan-graphs.ts'
import { composed, loaded, operationIn } from './planning-graph.ts'
import { createRandom, randomQuery } from './random-operations.ts'

function planOf(graph: LoadedSupergraph, text: string): QueryPlan {
  const { operation } = createIsolation(graph)(operationIn(text))
  return createPlanMaker(graph)({ operation, overrides: new Map() })
}

interface Fetched {
  subgraph: string
  /** Hashes of internal names are numbers here, in the order in which they come in the plan. */
  operation: string
  requires: string
}

/** The fetches of a plan in its order; of conditions those for `true`. */
function fetchesIn({ node }: QueryPlan, isTrue = true): Fetched[] {
  const names: string[] = []
  const number = (text: string) =>
    text.replaceAll(/_internal_[0-9a-f]+/g, (name) => {
      if (!names.includes(name)) names.push(name)
      return `i${names.indexOf(name)}`
    })
  function within(step: PlanNode | undefined): Fetched[] {
    switch (step?.kind) {
      case 'Fetch': {
        const operation = number(step.operation)
        const requires = number(JSON.stringify(step.requires ?? []))
        return [{ subgraph: step.serviceName, operation, requires }]
      }
      case 'Flatten':
        return within(step.node)
      case 'Condition':
        return within(isTrue ? step.ifClause : step.elseClause)
      case 'Sequence':
      case 'Parallel':
        return step.nodes.flatMap(within)
      default:
        return []
    }
  }
  return node?.kind === 'Subscription' ? [] : within(node)
}

function graphOf(name: string): LoadedSupergraph {
  return composed(PLAN_GRAPHS[name] ?? {})
}

describe('a @requires with arguments', () => {
  it('is fetched apart from what the client asks of the same field', () => {
    const [a, b] = fetchesIn(planOf(graphOf('arguments'), '{ p { usd price(in: "CHF") } }'))
    expect(a?.operation).toBe('{p{__typename id i0:price(in:"USD")i1:price(in:"CHF")}}')
    expect(b?.operation).toContain('{usd}')
    expect(b?.requires).toContain('{"kind":"Field","name":"price","alias":"i0"}')
  })

  it('is fetched apart for each subgraph that needs other arguments', () => {
    const fetches = fetchesIn(planOf(graphOf('arguments'), '{ p { usd gbp any } }'))
    expect(fetches[0]?.operation).toMatch(/i0:price\b.*i1:price\b.*i2:price\b/)
    const requires = new Map(fetches.map(({ subgraph, requires: text }) => [subgraph, text.match(/"alias":"i\d"/g)]))
    expect(requires.get('b')).toHaveLength(1)
    expect(fetches.slice(1).flatMap(({ requires: text }) => text.match(/"alias":"i\d"/g))).toHaveLength(3)
  })

  it('becomes one fetch for each value when a subgraph needs the field twice', () => {
    const fetches = fetchesIn(planOf(graphOf('arguments'), '{ p { usd eur free } }'))
    expect(fetches.map(({ subgraph }) => subgraph)).toEqual(['a', 'b', 'b'])
    const asked = fetches.map(({ operation }) => /\.\.\.on P\{([a-z ]+)\}/.exec(operation)?.[1])
    expect(asked).toEqual([undefined, 'usd free', 'eur'])
    expect(fetches[1]?.requires).not.toBe(fetches[2]?.requires)
  })

  it('works within other fields', () => {
    const fetches = fetchesIn(planOf(graphOf('arguments'), '{ p { n1 n2 nested { v(u: 2) } } }'))
    expect(fetches[0]?.operation).toContain('v(u:1)')
    expect(fetches[0]?.operation).toContain('v(u:2)')
    expect(fetches.map(({ subgraph }) => subgraph)).toEqual(['a', 'b', 'b'])
  })
})

describe('a plan', () => {
  it('comes back to a subgraph by a key that it can resolve', () => {
    const fetches = fetchesIn(planOf(graphOf('keys'), '{ p { cx up } }'))
    expect(fetches.at(-1)).toMatchObject({ subgraph: 'c', operation: expect.stringContaining('cx') })
    expect(fetches.at(-1)?.requires).toContain('"name":"id"')
  })

  it('does not wait for what a field requires that is not included', () => {
    const plan = planOf(graphOf('requirements'), 'query ($yes: Boolean!) { p { r @include(if: $yes) free } }')
    const withR = fetchesIn(plan, true).at(-1)
    const without = fetchesIn(plan, false).at(-1)
    expect(withR?.requires).toContain('"name":"w"')
    expect(without).toMatchObject({ subgraph: 'b', operation: expect.stringContaining('{free}') })
    expect(without?.requires).not.toContain('"name":"w"')
  })

  it('asks for an object of which every field is left out', () => {
    const text = 'query ($yes: Boolean!) { p @skip(if: $yes) { id @include(if: $yes) } }'
    expect(fetchesIn(planOf(graphOf('keys'), text), false).map(({ operation }) => operation)).toEqual([
      '{p{__typename}}',
    ])
  })

  it.each([
    'mutation ($yes: Boolean!) { a: ma { id } b: mb { id } a: ma @include(if: $yes) { n } }',
    'mutation ($yes: Boolean!) { a: ma { id } b: mb { id } ... @include(if: $yes) { a: ma { n } } }',
  ])('does each mutation once and in order, also when it is selected again under a condition: %s', (text) => {
    const plan = planOf(graphOf('mutations'), text)
    const operations = (isTrue: boolean) => fetchesIn(plan, isTrue).map(({ operation }) => operation)
    expect(operations(true)).toEqual(['mutation{a:ma{id n}}', 'mutation{b:mb{id}}'])
    expect(operations(false)).toEqual(['mutation{a:ma{id}}', 'mutation{b:mb{id}}'])
  })

  it('is made of fragments on unions where an interface object is', () => {
    const plan = planOf(graphOf('interface objects'), '{ top { ... on Any { __typename } score } }')
    expect(fetchesIn(plan).map(({ subgraph }) => subgraph)).toEqual(['reviews', 'catalog'])
  })

  it('gives a field back its name that it has only in fetches, where its type is not the same in all objects', () => {
    const graph = composed({
      a: `type Query { q: [I] } interface I { id: ID! }
        type A implements I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! }`,
      b: `interface I { f: Int next: N } type N @key(fields: "id") { id: ID! }
        type A implements I @key(fields: "id") { id: ID! f: Int next: N }
        type B implements I @key(fields: "id") { id: ID! f: Int! next: N! }`,
      c: 'type N @key(fields: "id") { id: ID! c: Int }',
    })
    const fetches = fetchesIn(planOf(graph, '{ q { f next { c } } }'))
    expect(fetches[1]?.operation).toContain('f__alias_0:f')
    expect(fetches.map(({ subgraph }) => subgraph)).toEqual(['a', 'b', 'c'])
  })

  it('finds a field of another interface on an interface object, where its type is not the same in all objects', () => {
    const graph = composed({
      a: `type Query { a: Int } interface J { f: Int } interface I @key(fields: "id") { id: ID! }
        type A implements I & J @key(fields: "id") { id: ID! f: Int! }
        type B implements I & J @key(fields: "id") { id: ID! f: Int }`,
      b: 'type Query { q: I } type I @interfaceObject @key(fields: "id") { id: ID! }',
    })
    const fetches = fetchesIn(planOf(graph, '{ q { ... on J { f } } }'))
    expect(fetches[0]?.subgraph).toBe('b')
    expect(fetches[1]).toMatchObject({ subgraph: 'a', operation: expect.stringContaining('f__alias_0:f') })
  })

  it('is empty when there is nothing but introspection', () => {
    expect(planOf(graphOf('keys'), '{ __typename __schema { types { name } } }').node).toBeUndefined()
  })

  it('is refused with the reason when the planner throws', () => {
    expect(() => planOf(graphOf('keys'), '{ nothing }')).toThrow(
      expect.objectContaining({ extensions: { code: 'UNPLANNABLE_OPERATION' } }),
    )
  })
})

describe('the check of plans', () => {
  const SEED = 20_261_122

  it.each(Object.keys(PLAN_GRAPHS))(
    'lets every operation through that can be planned: %s',
    (name) => {
      const graph = graphOf(name)
      const isolate = createIsolation(graph)
      const make = createPlanMaker(graph)
      const random = createRandom(SEED)
      for (let round = 0; round < 30; round += 1) {
        const text = randomQuery(graph.apiGraphqlSchema, random)
        const { operation } = isolate(operationIn(text))
        const plan = make({ operation, overrides: new Map([['names', random(2) === 0]]) })
        expect({ text, plan: structuredClone(plan) }).toEqual({ text, plan })
      }
    },
    60_000,
  )

  it('lets all documents of our clients through, and changes none of them', async () => {
    const folder = new URL('../../schema/', import.meta.url)
    const graph = loaded(await readFile(new URL('supergraph.graphql', folder), 'utf8'))
    const isolate = createIsolation(graph)
    const make = createPlanMaker(graph)
    let documents = 0
    for await (const file of glob('operations/**/*.graphql', { cwd: folder.pathname })) {
      const operation = operationIn(await readFile(new URL(file, folder), 'utf8'))
      const same = isolate(operation)
      expect(same.operation).toBe(operation)
      expect(make({ operation, overrides: new Map() }).node).toBeDefined()
      documents += 1
    }
    expect(documents).toBeGreaterThan(20)
  })

  it.each([
    ['keys', '{ p { cx up ee org { name } } }'],
    ['interface objects', '{ top { title score ... on Book { author { name } } } media { score } }'],
    ['requirements', '{ p { rr free q { z y } } i { x ... on Q { p { r2 } } } }'],
    ['contexts', '{ ts { us { field name } } }'],
  ])('notices each fetch that a plan lacks: %s', (name, text) => {
    const graph = graphOf(name)
    const { operation } = createIsolation(graph)(operationIn(text))
    const check = createPlanCheck(graph.supergraph)
    const plan = createPlanMaker(graph)({ operation, overrides: new Map() })
    const fetches = fetchesIn(plan).length
    expect(fetches).toBeGreaterThan(1)
    expect(check(plan, operation)).toBeUndefined()
    for (let lacking = 0; lacking < fetches; lacking += 1) {
      expect(check(without(plan, lacking), operation)).toMatch(/^no subgraph can be asked for \w+\.\w+/)
    }
  })

  /** A plan without its fetch number so-and-so. */
  function without(plan: QueryPlan, lacking: number): QueryPlan {
    let at = -1
    function edit(step: PlanNode): PlanNode[] {
      if (step.kind === 'Fetch') return (at += 1) === lacking ? [] : [step]
      if (step.kind === 'Flatten') return edit(step.node).map((node) => ({ ...step, node }))
      if (step.kind !== 'Sequence' && step.kind !== 'Parallel') return [step]
      return [{ ...step, nodes: step.nodes.flatMap(edit) }]
    }
    const [node] = plan.node && plan.node.kind !== 'Subscription' ? edit(plan.node) : []
    return { kind: 'QueryPlan', ...(node && { node }) }
  }

  it('notices a fetch by a key that the subgraph can not resolve', () => {
    const graph = graphOf('keys')
    const { operation } = createIsolation(graph)(operationIn('{ p { cx } }'))
    const plan = createPlanMaker(graph)({ operation, overrides: new Map() })
    const text = JSON.stringify(plan)
    const last = text.lastIndexOf('"name":"id"')
    const wrong = JSON.parse(
      `${text.slice(0, last)}"name":"sku"${text.slice(last + '"name":"id"'.length)}`,
    ) as QueryPlan
    const check = createPlanCheck(graph.supergraph)
    expect(check(plan, operation)).toBeUndefined()
    expect(check(wrong, operation)).toContain('Product.cx')
  })
})
