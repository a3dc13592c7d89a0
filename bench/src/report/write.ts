import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Circumstances } from './machine.ts'

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))
const FOLDER = new URL('../../results/', import.meta.url)

/** The start of every result. */
export function circumstancesSection(title: string, circumstances: Circumstances): string {
  const { date, commit, isModified, porticoFrom, machine, versions } = circumstances
  const rows = [
    ['date', `${date} UTC`],
    [
      'Portico',
      `${commit}${isModified ? ' with changes' : ''}, ${porticoFrom === 'dist' ? 'built' : 'from its sources'}`,
    ],
    ['processor', `${machine.cpu}, ${machine.cores} cores`],
    ['memory', `${machine.memoryGb} GB`],
    ['system', machine.system],
    ['pinned', machine.pinned ? 'gateway on core 0, load and subgraphs on the others' : 'no: figures are rough'],
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ]
  return `# ${title}\n\n${rows.map(([what, value]) => `- ${what}: ${value}`).join('\n')}`
}

/** Writes a result as Markdown and JSON; returns the name of the first. */
export function writeResult(
  kind: string,
  { circumstances, sections, data }: { circumstances: Circumstances; sections: readonly string[]; data: object },
): string {
  mkdirSync(FOLDER, { recursive: true })
  const name = `${circumstances.date.slice(0, 10)}-${kind}-${circumstances.commit}`
  const markdown = sections.filter((section) => section !== '').join('\n\n')
  const write = (ending: string, text: string) => writeFileSync(new URL(`${name}.${ending}`, FOLDER), anywhere(text))
  write('md', `${markdown}\n`)
  write('json', `${JSON.stringify({ circumstances, ...data }, null, 2)}\n`)
  return fileURLToPath(new URL(`${name}.md`, FOLDER))
}

/** Messages of gateways may name files: where they are on this machine is nobody's business. */
function anywhere(text: string): string {
  return text.replaceAll(CHECKOUT, '').replaceAll(tmpdir(), 'tmp').replaceAll(homedir(), '~')
}
