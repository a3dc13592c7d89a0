import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { askServer } from './ownership.ts'
import { isProcessAlive, isServerOf, postmasterFileOf, readPostmaster } from './postmaster.ts'
import { type ServerHome, superuserUrl } from './server-home.ts'
import { stopPostmaster } from './server-process.ts'

/** A living process already runs the embedded PostgreSQL of this folder. */
export class AlreadyRunningError extends Error {
  /** Where it listens on 127.0.0.1. */
  readonly port: number

  constructor(folder: string, port: number) {
    super(
      `The database in ${folder} is already running on port ${port}, started by another process. ` +
        'Stop that one first, or set PORTICO_DATA_DIR to another folder.',
    )
    this.name = 'AlreadyRunningError'
    this.port = port
  }
}

/** Milliseconds without an owner that make an orphan; a server that starts, or restarts its sessions, is owned sooner. */
const ORPHAN_AGE_MS = 2_000
/** Milliseconds that a server may spend starting, recovering or stopping. */
const SILENCE_PATIENCE_MS = 60_000

/**
 * Makes sure that nobody runs the home's cluster: stops a server whose owner is gone, and removes the trace of one
 * whose process id now belongs to another program.
 *
 * @throws {AlreadyRunningError} when its owner lives.
 */
export async function clearTheWay(home: ServerHome, log: (message: string) => void): Promise<void> {
  const arrived = Date.now()
  let owned = arrived
  for (;;) {
    const postmaster = await readPostmaster(home.cluster)
    if (!postmaster) return
    if (!isProcessAlive(postmaster.pid)) return // PostgreSQL sees that itself
    if (!(await isServerOf(home.cluster, postmaster.pid))) {
      // Another program, which PostgreSQL would take for the server if it runs under the same account.
      await rm(postmasterFileOf(home.cluster), { force: true })
      return
    }
    const state = await askServer(superuserUrl(home, postmaster.port), home.cluster)
    if (state === 'owned') throw new AlreadyRunningError(home.folder, postmaster.port)
    if (state !== 'orphan') owned = Date.now()
    else if (Date.now() - owned > ORPHAN_AGE_MS) {
      log(`Stopping the PostgreSQL that a killed process left behind (process ${postmaster.pid}).`)
      await stopOrphan(home, postmaster.pid)
      return
    }
    if (state !== 'orphan' && Date.now() - arrived > SILENCE_PATIENCE_MS)
      throw new Error(
        `The PostgreSQL of ${home.folder} (process ${postmaster.pid}) does not answer on port ${postmaster.port}. ` +
          'Stop it and start again.',
      )
    await sleep(100)
  }
}

async function stopOrphan(home: ServerHome, pid: number): Promise<void> {
  for (const [how, patience] of [
    ['fast', 10_000],
    ['immediate', 10_000],
  ] as const) {
    await stopPostmaster(home, how)
    for (const asked = Date.now(); Date.now() - asked < patience; await sleep(50))
      if (!(await isServerOf(home.cluster, pid))) return
  }
  throw new Error(
    `The PostgreSQL left behind in ${home.folder} (process ${pid}) does not stop. Stop it and start again.`,
  )
}
