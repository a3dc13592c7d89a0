import { createHash } from 'node:crypto'
import { access, constants, mkdir, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from './atomic-folder.ts'
import { loadPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { createPassword, loadOrCreateSecret } from './secrets.ts'
import { canEnter, loadServerAccount, type ServerAccount } from './server-account.ts'

/** Where root keeps what the server's account cannot reach below the folder it was given. */
const APPLICATION_FOLDER = '/var/lib/portico'

const IS_ROOT = process.getuid?.() === 0

// Root's folders let the server's account pass through to its own; the files in them are closed one by one.
const FOLDER_MODE = IS_ROOT ? 0o711 : 0o700

/** The folder of the embedded server cannot be made or written to; the message names the variable that changes it. */
export class UnusableFolderError extends Error {
  override readonly name = 'UnusableFolderError'
}

/** Where one embedded server lives and who runs it. */
export interface ServerHome {
  /** Holds the cluster, the superuser's password and the server's log. */
  folder: string
  /** The data directory, which may not exist yet. */
  cluster: string
  /** The account the server runs as when that is not the account of this process. */
  account: ServerAccount | undefined
  binaries: PostgresBinaries
  /** Of the superuser, `postgres`. */
  password: string
}

/**
 * Finds, or prepares, the home of the embedded server of `folder`: that folder itself, except for root when the
 * account that must run the server cannot reach it, as in a checkout below a folder of mode 0700. Then it is
 * `/var/lib/portico/<sha256 of the folder's real path>`, so that two clones never share data.
 *
 * @throws UnusableFolderError when the folder cannot be made; an error when it holds a cluster that its owner can no longer reach.
 */
export async function loadServerHome(folder: string): Promise<ServerHome> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new UnusableFolderError(
      `The data folder ${folder} cannot be used${reason}. Set PORTICO_DATA_DIR to another one.`,
      { cause },
    )
  }
  if (!IS_ROOT) return prepare(folder, await loadServerAccount(clusterIn(folder)), folder)

  const aside = await folderAside(folder)
  const hasCluster = await exists(clusterIn(folder))
  const account = await loadServerAccount(clusterIn(hasCluster ? folder : aside))
  if (canEnter(account, folder) && (hasCluster || !(await exists(clusterIn(aside)))))
    return prepare(folder, account, APPLICATION_FOLDER)
  if (!hasCluster) {
    const home = await prepare(aside, account, APPLICATION_FOLDER)
    await writeFile(join(aside, 'data-of'), `${folder}\n`) // for people who wonder whose this is
    return home
  }
  throw new Error(
    `The database in ${folder} belongs to ${account?.name}, who can no longer enter that folder. ` +
      'Let others pass through its parents (chmod o+x), or run npm run reset to start over.',
  )
}

/** The URL under which the superuser reaches a database of the home's server. */
export function superuserUrl(home: ServerHome, port: number, database = 'postgres'): string {
  return `postgresql://postgres:${home.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/** Every place where the embedded server of `folder` may have its home. */
export async function homesOf(folder: string): Promise<Pick<ServerHome, 'folder' | 'cluster'>[]> {
  if (!(await exists(folder))) return []
  const folders = IS_ROOT ? [folder, await folderAside(folder)] : [folder]
  return folders.map((home) => ({ folder: home, cluster: clusterIn(home) }))
}

async function folderAside(folder: string): Promise<string> {
  return join(
    APPLICATION_FOLDER,
    createHash('sha256')
      .update(await realpath(folder))
      .digest('hex'),
  )
}

function clusterIn(folder: string): string {
  return join(folder, 'cluster')
}

async function prepare(folder: string, account: ServerAccount | undefined, spare: string): Promise<ServerHome> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
  await mkdir(spare, { recursive: true, mode: FOLDER_MODE })
  const passwordFile = join(folder, 'superuser-password')
  if ((await exists(clusterIn(folder))) && !(await exists(passwordFile)))
    throw new Error(
      `${passwordFile} is gone, without which the database beside it cannot be opened. Bring the file back, or run ` +
        'npm run reset to start over.',
    )
  return {
    folder,
    cluster: clusterIn(folder),
    account,
    binaries: await loadPostgresBinaries({ account, spare }),
    password: await loadOrCreateSecret(passwordFile, createPassword),
  }
}
