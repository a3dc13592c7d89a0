import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a run was a run of. */
export interface Build {
  /** Of the checkout; `unknown` without git. */
  commit: string
  /** Whether files differ from that. */
  isDirty: boolean
  node: string
}

export async function readBuild(): Promise<Build> {
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: join(import.meta.dirname, '../..') })
    return stdout.trim()
  }
  const commit = await git('rev-parse', 'HEAD').catch(() => 'unknown')
  const changes = await git('status', '--porcelain').catch(() => '')
  return { commit, isDirty: changes !== '', node: process.version }
}
