import { ConfigError } from '@portico/service-kit/config'
import type { Base } from './checks/check.ts'
import { filesAt, findMergeBase } from './repository.ts'
import { loadSnapshot, readComposed, type Snapshot } from './snapshot.ts'

/**
 * Reads what a change is compared with: the graph that the subgraphs of that commit compose to, or, when they don't, the
 * supergraph that was committed with them.
 *
 * @throws UsageError when this clone does not have the commit.
 */
export async function loadBase(root: string, ref: string): Promise<Base> {
  const commit = await findMergeBase(root, ref)
  try {
    const at = await loadSnapshot(await filesAt(root, commit))
    return { ref, commit, at: { ...at, composed: at.composed ?? readCommitted(at) } }
  } catch (error) {
    // A first commit, or one from before there was a graph.
    if (error instanceof ConfigError) return { ref, commit, at: { problem: error.problems.join('; ') } }
    throw error
  }
}

function readCommitted({ committedText }: Snapshot): Snapshot['composed'] {
  try {
    return committedText === undefined ? undefined : readComposed(committedText)
  } catch {
    return undefined
  }
}
