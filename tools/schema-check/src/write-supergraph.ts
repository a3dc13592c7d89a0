import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkComposition } from './checks/composition.ts'
import type { Finding } from './finding.ts'
import { workingTree } from './repository.ts'
import { loadSnapshot, SUPERGRAPH_FILE } from './snapshot.ts'

/**
 * Composes the subgraphs into SUPERGRAPH_FILE, and returns why it could not, if so; the file is then left as it is.
 *
 * @throws ConfigError when the list of subgraphs, or an SDL file that it names, is missing or malformed.
 */
export async function writeSupergraph(root: string): Promise<readonly Finding[]> {
  const now = await loadSnapshot(workingTree(root))
  if (now.supergraphText === undefined) return checkComposition({ now, base: undefined })
  if (now.supergraphText !== now.committedText) await writeFile(join(root, SUPERGRAPH_FILE), now.supergraphText)
  return []
}
