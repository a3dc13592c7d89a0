import { realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, type Client } from 'pg'
import { createPgClient } from './pg-connection.ts'

/** Held on the `postgres` database by the process that started the server, for as long as both live. */
const OWNER_LOCK = 767_842_601

const SUPERVISOR = { name: 'portico supervisor', patience: 2_000 }

/** What a server says when asked who it is: it may not answer, serve another cluster, or serve ours for somebody. */
export type ServerState = 'silent' | 'foreign' | 'owned' | 'orphan'

/** Asks the server behind `url` whether it serves the cluster and whether the process that started it lives. */
export async function askServer(url: string, cluster: string): Promise<ServerState> {
  const client = createPgClient(url, SUPERVISOR)
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string; owned: boolean }>(
      `SELECT current_setting('data_directory') AS folder, EXISTS (
         SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND granted) AS owned`,
      [OWNER_LOCK],
    )
    if (!rows[0] || (await realpath(rows[0].folder)) !== (await realpath(cluster))) return 'foreign'
    return rows[0].owned ? 'owned' : 'orphan'
  } catch {
    return 'silent'
  } finally {
    await client.end().catch(() => undefined)
  }
}

export interface OwnershipOptions {
  /** Aborts when the server is gone. */
  gone: AbortSignal
  /** How long the server may take until it accepts connections, in milliseconds. */
  patience: number
}

/**
 * Waits until the server accepts connections and holds the owner's lock from then on: when PostgreSQL restarts its
 * sessions, as after the crash of one of them, the lock is taken again.
 *
 * @throws when the server goes before, takes too long, or does not know the password.
 */
export async function takeOwnership(url: string, { gone, patience }: OwnershipOptions): Promise<void> {
  let client = await claim(url, AbortSignal.any([gone, AbortSignal.timeout(patience)]))
  const keep = async (): Promise<never> => {
    for (;;) {
      await new Promise((ended) => client.once('end', ended))
      client = await claim(url, gone)
    }
  }
  keep().catch(() => undefined) // it is gone
}

async function claim(url: string, signal: AbortSignal): Promise<Client> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(new Error('PostgreSQL did not get ready', { cause: signal.reason })),
      { once: true },
    )
  })
  for (;;) {
    signal.throwIfAborted()
    const client = createPgClient(url, SUPERVISOR)
    try {
      // Whoever else has the port may accept the connection and say nothing, so the signal is not waited for in turn.
      await Promise.race([aborted, lock(client)])
      return client
    } catch (error) {
      client.end().catch(() => undefined)
      if (error instanceof DatabaseError && error.code === '28P01') throw error // the password will not get better
      await sleep(30, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function lock(client: Client): Promise<void> {
  await client.connect()
  await client.query('SELECT pg_advisory_lock($1)', [OWNER_LOCK])
}
