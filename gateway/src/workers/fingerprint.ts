import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { SupergraphSource } from '../config/supergraph.ts'
import { parseSubgraphList } from '../supergraph/subgraph-list.ts'

/** Tells whether what a supergraph is made of has changed: a hash of the contents of all its files. */
export async function fingerprintOf(source: SupergraphSource): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await filesOf(source)) {
    const content = await readFile(file).catch(() => undefined)
    hash.update(content === undefined ? 'missing\n' : `${content.length}\n`).update(content ?? '')
  }
  return hash.digest('hex')
}

/** Changes when a file may have: cheap to ask for, and sees through links, such as those of Kubernetes's config maps. */
export async function stampOf(source: SupergraphSource): Promise<string> {
  const stamps = (await filesOf(source)).map(async (file) => {
    const stats = await stat(file).catch(() => undefined)
    return stats ? [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ') : 'missing'
  })
  return (await Promise.all(stamps)).join('\n')
}

/** A file that can't be read as a list is whoever loads it to complain of. */
async function filesOf({ kind, file }: SupergraphSource): Promise<string[]> {
  if (kind === 'supergraph') return [file]
  const list = await readFile(file, 'utf8').catch(() => undefined)
  return [file, ...schemaFilesOf(list).map((name) => resolve(dirname(file), name))]
}

function schemaFilesOf(list: string | undefined): string[] {
  try {
    const subgraphs = parseSubgraphList(list ?? '', '')
    return subgraphs.flatMap(({ schema }) => ('file' in schema ? [schema.file] : []))
  } catch {
    return []
  }
}
