import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { createCheckout } from './checkout.ts'

// Each installs several times, on a machine that may be busy with other tests.
jest.setTimeout(60_000)

// Stands where the generators do, and leaves the trace that the generators would leave.
const generator = `
const fs = require('node:fs')
fs.mkdirSync('subgraphs/stars/src/generated', { recursive: true })
fs.writeFileSync('subgraphs/stars/src/generated/graphql.ts', '')
fs.appendFileSync('runs', 'run\\n')
if (fs.readFileSync('subgraphs/stars/schema.graphql', 'utf8') === 'nonsense') {
  console.log('Syntax Error: nonsense')
  process.exitCode = 1
}
`

async function createCheckoutWithSubgraph() {
  const checkout = await createCheckout({ generators: { files: {} } })
  await checkout.write('tools/codegen/src/main.ts', generator)
  await checkout.write('subgraphs/stars/schema.graphql', 'type Query { brightest: ID }')
  await checkout.bootstrap()
  return {
    ...checkout,
    runs: async () => (await checkout.read('runs')).trim().split('\n').length,
    [Symbol.asyncDispose]: () => checkout[Symbol.asyncDispose](),
  }
}

describe('generated code', () => {
  it('has several makers, and only the one whose input changed runs', async () => {
    await using checkout = await createCheckoutWithSubgraph()
    const bundler = `
const fs = require('node:fs')
fs.mkdirSync('packages/explorer/dist', { recursive: true })
fs.writeFileSync('packages/explorer/dist/index.html', '')`
    await checkout.write('packages/explorer/package.json', '{}')
    await checkout.write(
      'packages/explorer/build.mjs',
      `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)${bundler}`,
    )

    const { output } = await checkout.bootstrap()

    expect(output).toMatch(/^Bundling the explorer/)
    expect(await checkout.runs()).toBe(1)
    await checkout.write('packages/explorer/src/explorer.tsx', 'changed')
    expect((await checkout.bootstrap()).output).toMatch(/^Bundling the explorer/)
    expect(await checkout.runs()).toBe(1)
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })

  it('is made once, and made anew when the schema, the mappers, the database or the generator change', async () => {
    await using checkout = await createCheckoutWithSubgraph()
    expect(await checkout.runs()).toBe(1)
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })

    const inputs = [
      'subgraphs/stars/schema.graphql',
      'subgraphs/stars/codegen.json',
      'prisma/stars/schema.prisma',
      'tools/codegen/src/scalars/decimal.ts',
    ]
    for (const [index, input] of inputs.entries()) {
      await checkout.write(input, 'changed')
      const { output } = await checkout.bootstrap()
      expect(output).toMatch(/^Generating resolver types and database clients/)
      expect(await checkout.runs()).toBe(index + 2)
    }
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })

  it('is made anew when somebody has deleted it', async () => {
    await using checkout = await createCheckoutWithSubgraph()
    await rm(join(checkout.root, 'subgraphs/stars/src/generated'), { recursive: true })

    await checkout.bootstrap()

    expect(await checkout.runs()).toBe(2)
  })

  it('is made anew when somebody has installed other generators by hand', async () => {
    await using checkout = await createCheckoutWithSubgraph()
    await checkout.write('package-lock.json', `${await checkout.read('package-lock.json')}\n`)

    const { output } = await checkout.bootstrap()

    expect(output).not.toContain('Installing')
    expect(await checkout.runs()).toBe(2)
  })

  it('that cannot be made stops the command with what the generator said, each time', async () => {
    await using checkout = await createCheckoutWithSubgraph()
    await checkout.write('subgraphs/stars/schema.graphql', 'nonsense')

    for (const attempt of [await checkout.bootstrap(), await checkout.bootstrap()]) {
      expect(attempt.exitCode).toBe(1)
      expect(attempt.output).toContain(
        'Generating resolver types and database clients has failed.\n\nSyntax Error: nonsense',
      )
    }
  })
})
