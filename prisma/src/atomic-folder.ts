import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isProcessAlive } from './postmaster.ts'

/**
 * Makes the folder `target` appear complete or not at all: `fill` works in a sibling folder which is then renamed, so
 * that a process killed halfway leaves nothing that looks finished. What killed processes left behind is removed.
 * When another process finishes the same folder first, its folder is kept.
 *
 * @returns whether this call made the folder (false: it was there).
 */
export async function createAtomicFolder(target: string, fill: (folder: string) => Promise<void>): Promise<boolean> {
  await removeLeftovers(target)
  if (await exists(target)) return false
  const partial = await mkdtemp(`${target}.partial-${process.pid}-`)
  try {
    await fill(partial)
    await rename(partial, target)
    return true
  } catch (error) {
    if (await exists(target)) return false
    throw error
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.partial-`
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix) || isProcessAlive(Number.parseInt(name.slice(prefix.length), 10))) continue
    // An orphaned child of the killed process may still be writing there: the next start tries again.
    await rm(join(dirname(target), name), { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Whether the path leads to something. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
