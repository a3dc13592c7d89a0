import { spawnSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'

/** A system account that PostgreSQL runs as instead of the account of this process. */
export interface ServerAccount {
  name: string
  uid: number
  gid: number
}

/**
 * The account PostgreSQL runs as, or undefined when that is the account of this process. PostgreSQL refuses to run as
 * root, so root hands it to the owner of the existing cluster, else to `postgres`, else to `nobody`.
 *
 * @throws when root finds none of them, or when the cluster belongs to somebody else than the ordinary user who asks.
 */
export async function loadServerAccount(cluster: string): Promise<ServerAccount | undefined> {
  const self = process.getuid?.()
  if (self === undefined) return undefined // Windows
  const owner = await stat(cluster).catch(() => undefined)
  if (self !== 0) {
    if (owner && owner.uid !== self)
      throw new Error(
        `The database in ${cluster} belongs to another user (uid ${owner.uid}), probably since it was first started ` +
          `as root. Start as that user or as root, or set PORTICO_DATA_DIR to another folder.`,
      )
    return undefined
  }
  const accounts = parsePasswd(await readFile('/etc/passwd', 'utf8'))
  if (owner && owner.uid !== 0) {
    const name = accounts.find((account) => account.uid === owner.uid)?.name ?? `uid ${owner.uid}`
    return { name, uid: owner.uid, gid: owner.gid }
  }
  const account = ['postgres', 'nobody'].flatMap((name) => accounts.filter((candidate) => candidate.name === name))[0]
  if (account) return account
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody" to run it as. ' +
      'Start as an ordinary user, or set USERS_DATABASE_URL, PRODUCTS_DATABASE_URL and ORDERS_DATABASE_URL.',
  )
}

/** Whether the account can enter the folder: parents above it may be closed to it. */
export function canEnter(account: ServerAccount | undefined, folder: string): boolean {
  return succeeds(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])
}

/** Whether the account can execute the program, including the libraries that it loads. */
export function canRun(account: ServerAccount | undefined, program: string): boolean {
  return succeeds(account, program, ['--version'])
}

function succeeds(account: ServerAccount | undefined, program: string, args: string[]): boolean {
  return account === undefined || spawnSync(program, args, { ...identity(account), cwd: '/' }).status === 0
}

/** The part of `spawn`'s options that makes a child run as the account. */
export function identity(account: ServerAccount | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {}
}

function parsePasswd(text: string): ServerAccount[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}
