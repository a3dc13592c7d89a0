import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A statement of a subgraph that is replaced when its module is loaded: the source on disk stays as it is. */
export interface Breakage {
  /** The module, from the root of the repository. */
  file: string
  /** What is there, once. */
  statement: string
  replacement: string
}

/** The variable by which {@link breakBuild} reaches `break-on-load.ts`. */
export const BREAKAGES = 'CHAOS_BREAKAGES'

const ROOT = join(import.meta.dirname, '../..')

/**
 * What a subgraph of Node is started with to run with these breakages.
 *
 * @throws Error when a statement is not in its module exactly once: it was changed, and the breakage has to follow.
 */
export async function breakBuild(breakages: readonly Breakage[]): Promise<BrokenBuild> {
  for (const { file, statement } of breakages) {
    const count = (await readFile(join(ROOT, file), 'utf8')).split(statement).length - 1
    if (count !== 1) throw new Error(`${file} has ${count} times: ${statement}`)
  }
  return {
    nodeFlags: ['--import', join(import.meta.dirname, 'break-on-load.ts')],
    env: { [BREAKAGES]: JSON.stringify(breakages) },
  }
}

export interface BrokenBuild {
  nodeFlags: readonly string[]
  env: Readonly<Record<string, string>>
}
