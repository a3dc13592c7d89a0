import { execFile } from 'node:child_process'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What `postmaster.pid` in a cluster says about the server that wrote it. */
export interface Postmaster {
  pid: number
  port: number
}

/** The file by which a server claims a cluster. */
export function postmasterFileOf(cluster: string): string {
  return join(cluster, 'postmaster.pid')
}

/**
 * Reads who claims the cluster; undefined when nobody does. A killed server leaves its claim behind, and its process id
 * may have become another program's: ask {@link isServerOf}.
 */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(postmasterFileOf(cluster), 'utf8').catch(() => '')
  // https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/utils/pidfile.h
  const [pid, , , port] = text.split('\n').map(Number)
  return pid ? { pid, port: port || 0 } : undefined
}

/** Whether the process lives and is the PostgreSQL of the cluster, and not a program that got its id later. */
export async function isServerOf(cluster: string, pid: number): Promise<boolean> {
  if (!isProcessAlive(pid)) return false
  if (process.platform === 'win32') return true // not worth asking the system: nothing is ever killed by this id there
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({
      stdout: '',
    }))
    return stdout.includes(cluster)
  }
  // PostgreSQL works in its data directory. Of a dead process that nobody has waited for, this link leads nowhere.
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return workingFolder === (await realpath(cluster))
}

/** Whether a process has this id; one that belongs to another user counts. */
export function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
