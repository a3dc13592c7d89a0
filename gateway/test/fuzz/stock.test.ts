import { describe, expect, it } from '@jest/globals'
import { parseAnswer } from './answer.ts'
import { DEVIATIONS, unexplained } from './deviations.ts'
import { fuzz } from './fuzz.ts'
import { createGraph } from './graph.ts'

/** The same in every run; another one by `FUZZ_SEED`, and for longer by `npm run fuzz -- --only stock`. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20260401)

describe('a random operation', () => {
  it('is answered as ApolloGateway answers it, or otherwise for a reason that is known', async () => {
    const { cases, worlds, deviations, failure } = await fuzz({ oracle: 'stock', seed, rounds: 1, worlds: 4 })
    const found = [...deviations].map(([name, count]) => `${name} ${count}`).join(', ')
    process.stdout.write(`beside ApolloGateway: seed ${seed}; ${cases} on ${worlds} supergraphs; ${found}\n`)
    expect(failure).toBeUndefined()
    expect(Math.max(0, ...deviations.values())).toBeLessThan(cases / 4)
  }, 300_000)
})

describe('what is known of ApolloGateway', () => {
  const empty = { entities: [], values: [], abstracts: [], queries: [], mutations: [] }
  const graph = createGraph({ ...empty, subgraphs: 2, salt: 1 })

  function problemsOf(query: string, [ours, stock]: readonly [object, object]): readonly string[] {
    const [first, second] = [ours, stock].map((answer) => parseAnswer(200, JSON.stringify(answer)))
    if (!first || !second) throw new Error('Two answers are compared.')
    const both = { graph, request: { query }, ours: first, stock: second, asked: [], passed: () => [] }
    return unexplained(both).problems
  }

  it('explains no other value, no lost field, and no error that only it tells', () => {
    const path = ['a']
    expect(problemsOf('{ a }', [{ data: { a: 1 } }, { data: { a: 2 } }])).toEqual(['stock: other at ["a"]'])
    expect(problemsOf('{ a b }', [{ data: { a: 1, b: 1 } }, { data: { a: 1 } }])).toEqual(['stock: lost at ["b"]'])
    expect(problemsOf('{ a }', [{ data: { a: [1] } }, { data: { a: [1, 2] } }])).toEqual(['stock: length at ["a"]'])
    expect(
      problemsOf('{ a }', [{ data: { a: null } }, { data: { a: null }, errors: [{ message: 'no', path }] }]),
    ).toEqual(['stock: an error too many, at ["a"]: no'])
    expect(problemsOf('{ a }', [{ data: { a: 1 } }, { data: null, errors: [{ message: 'What?' }] }])).toEqual([
      'stock: null at []',
    ])
  })

  it('has a reason in words for each', () => {
    for (const { name, explanation, whole, at, told } of DEVIATIONS) {
      expect([name, explanation.endsWith('.'), [whole, at, told].some(Boolean)]).toEqual([name, true, true])
    }
  })
})
