import { execFile } from 'node:child_process'
import { chown, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { createAtomicFolder } from './atomic-folder.ts'
import { identity } from './server-account.ts'
import type { ServerHome } from './server-home.ts'

/** The environment of every PostgreSQL program: messages that can be matched, and nothing of the caller's PG* variables. */
export const POSTGRES_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  SystemRoot: process.env['SystemRoot'],
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** A UTF-8 locale that every system of the platform has; it classifies letters for search, see `initdb` below. */
const SYSTEM_LOCALES: Partial<Record<NodeJS.Platform, string>> = { darwin: 'en_US.UTF-8', win32: 'en-US' }

/**
 * Makes the cluster of the home when there is none: UTF-8, sorted by code point and lower-cased by Unicode on every
 * platform, passwords checked by SCRAM on every connection. An interrupted attempt leaves nothing behind.
 *
 * @returns whether it was made now.
 */
export async function createCluster({ cluster, account, binaries, password }: ServerHome): Promise<boolean> {
  return createAtomicFolder(cluster, async (folder) => {
    const passwordFile = `${folder}-password`
    try {
      await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
      if (account) {
        await chown(folder, account.uid, account.gid)
        await chown(passwordFile, account.uid, account.gid)
      }
      await promisify(execFile)(
        binaries.initdb,
        [
          `--pgdata=${folder}`,
          '--username=postgres',
          `--pwfile=${passwordFile}`,
          '--auth=scram-sha-256',
          '--encoding=UTF8',
          // The built-in provider needs nothing of the system; full-text search and trigrams still ask the system's
          // locale which characters are letters, and under plain C only those of ASCII are.
          '--locale-provider=builtin',
          '--builtin-locale=C.UTF-8',
          `--locale=${SYSTEM_LOCALES[process.platform] ?? 'C.UTF-8'}`,
          '--lc-messages=C',
          '--no-instructions',
        ],
        { ...identity(account), cwd: '/', env: POSTGRES_ENVIRONMENT, windowsHide: true },
      ).catch((cause: Error) => {
        throw new Error(`PostgreSQL could not make a database cluster in ${cluster}: ${cause.message}`, { cause })
      })
    } finally {
      await rm(passwordFile, { force: true })
    }
  })
}
