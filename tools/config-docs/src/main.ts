import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import { writeDocument } from './document.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const DOCUMENT = 'docs/configuration.md'

// Writes docs/configuration.md; with --check it only compares.
await runCommand(async (args) => {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } })
  const file = join(ROOT, DOCUMENT)
  const [wanted, found] = await Promise.all([writeDocument(ROOT), readFile(file, 'utf8').catch(() => '')])
  if (wanted === found) return `${DOCUMENT} says what the code does.`
  if (values.check) throw new Error(`${DOCUMENT} does not say what the code does: run npm run docs:config.`)
  await writeFile(file, wanted)
  return `Wrote ${DOCUMENT}.`
})
