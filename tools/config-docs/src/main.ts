import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import { writeDocument } from './document.ts'
import { writeFileSchema } from './file-schema.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** What is written, and from what. */
const FILES: readonly { path: string; write: (root: string) => Promise<string> }[] = [
  { path: 'docs/configuration.md', write: writeDocument },
  { path: 'gateway/portico-gateway.schema.json', write: writeFileSchema },
]

// Writes what is told of the configuration outside of the code; with --check it only compares.
await runCommand(async (args) => {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } })
  const states = await Promise.all(
    FILES.map(async ({ path, write }) => {
      const [wanted, found] = await Promise.all([write(ROOT), readFile(join(ROOT, path), 'utf8').catch(() => '')])
      return { path, wanted, isStale: wanted !== found }
    }),
  )
  const stale = states.filter(({ isStale }) => isStale)
  const names = (stale.length > 0 ? stale : states).map(({ path }) => path).join(' and ')
  if (stale.length === 0) return `Up to date with the code: ${names}.`
  if (values.check) throw new Error(`Not what the code does: ${names}. Run npm run docs:config.`)
  for (const { path, wanted } of stale) await writeFile(join(ROOT, path), wanted)
  return `Wrote ${names}.`
})
