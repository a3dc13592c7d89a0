import { afterAll, describe, expect, it } from '@jest/globals'
import { fuzz, type FuzzResult } from './fuzz.ts'

/** The same in every run; another one by `FUZZ_SEED`, and for longer by `npm run fuzz`. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20260401)

const said: string[] = [`seed ${seed}`]
afterAll(() => {
  process.stdout.write(`random operations: ${said.join('; ')}\n`)
})

function expectRight(name: string, { cases, worlds, discarded, withErrors, refused, failure }: FuzzResult): void {
  said.push(`${name}: ${cases} on ${worlds} supergraphs, ${withErrors} with errors`)
  expect(failure).toBeUndefined()
  // Else it says little.
  expect(Math.max(0, ...refused.values())).toBeLessThan(cases / 100)
  expect(discarded).toBeLessThan(worlds / 5)
  expect(withErrors).toBeGreaterThan(cases / 20)
}

describe('a random operation on a random supergraph', () => {
  it(
    'is answered as one schema with all data would answer it, errors included',
    async () => expectRight('one schema', await fuzz({ oracle: 'monolith', seed, rounds: 5 })),
    300_000,
  )
})

describe('the comparison', () => {
  it('notices one wrong value on the way, and shrinks what shows it', async () => {
    // The last digit of one number.
    const tamper = (body: string) =>
      body.replace(/(":-?\d+)(\d)([,}])/, (_, first, digit, last) => `${first}${(Number(digit) + 1) % 10}${last}`)
    const { failure } = await fuzz({ oracle: 'monolith', seed, rounds: 8, shrinkMs: 5000, tamper })
    expect(failure).toMatch(/other data|another message/)
    expect(failure).toMatch(/npm run fuzz -- --only monolith --seed \d+ --path [\d:]+/)
    expect(failure?.split('\n').length).toBeLessThan(300)
  }, 300_000)

  it('notices a lost error', async () => {
    const tamper = (body: string) => {
      const { data } = JSON.parse(body) as { data?: object | null }
      return data ? JSON.stringify({ data }) : body
    }
    // The nulls are left, and are right.
    const { failure } = await fuzz({
      oracle: 'monolith',
      seed,
      rounds: 8,
      tamper,
      except: ['other', 'not executed', 'an error too many'],
    })
    expect(failure).toContain('no error')
  }, 300_000)
})
