import { describe, expect, it } from '@jest/globals'
import { fuzz } from './fuzz.ts'

/** The same in every run; another one by `FUZZ_SEED`, and for longer by `npm run fuzz -- --only faults`. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20260401)

describe('a random operation, while a subgraph is faulty,', () => {
  it('is answered with true values, and with an error for each that is lost, and for no other', async () => {
    const { cases, worlds, discarded, withErrors, failure } = await fuzz({
      oracle: 'faults',
      seed,
      rounds: 1,
      worlds: 6,
    })
    process.stdout.write(`random faults: seed ${seed}; ${cases} on ${worlds} supergraphs, ${withErrors} with errors\n`)
    expect(failure).toBeUndefined()
    expect(discarded).toBeLessThan(worlds / 2)
    expect(withErrors).toBeGreaterThan(cases / 10)
  }, 300_000)

  it('is noticed when it is answered without its errors', async () => {
    const { failure } = await fuzz({ oracle: 'faults', seed, rounds: 1, shrinkMs: 500, silent: true })
    expect(failure).toMatch(/without an error|no error at/)
  }, 300_000)
})
