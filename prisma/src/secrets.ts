import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A new password: 256 random bits that need no escaping in a URL. */
export function createPassword(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Reads the secret kept in `file`, or keeps what `create` makes. The file is readable by its owner only (0600), never
 * half written, and processes that start together end with the same secret, where the file system has hard links.
 */
export async function loadOrCreateSecret(file: string, create: () => string): Promise<string> {
  const kept = await readIfThere(file)
  if (kept !== undefined) return kept
  const partial = `${file}.partial-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    const handle = await open(partial, 'wx', 0o600)
    await handle.writeFile(create())
    await handle.sync()
    await handle.close()
    // `link` refuses to replace: of several processes the first wins, and all read its secret.
    await link(partial, file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return
      // exFAT and some shared folders have no hard links. If it failed for another reason, this fails as well.
      if ((await readIfThere(file)) === undefined) await rename(partial, file)
    })
  } finally {
    await rm(partial, { force: true })
  }
  return readFile(file, 'utf8')
}

/**
 * Passwords for the given names, made once and kept in `database-passwords.json` in `folder`.
 *
 * @throws when the kept file lacks a name.
 */
export async function loadOrCreatePasswords<Name extends string>(
  folder: string,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const file = join(folder, 'database-passwords.json')
  const text = await loadOrCreateSecret(file, () =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, createPassword()]))),
  )
  const kept: unknown = JSON.parse(text)
  return Object.fromEntries(names.map((name) => [name, passwordOf(kept, name, file)])) as Record<Name, string>
}

function passwordOf(kept: unknown, name: string, file: string): string {
  const password: unknown = typeof kept === 'object' && kept !== null ? Reflect.get(kept, name) : undefined
  if (typeof password === 'string') return password
  throw new Error(`${file} holds no password for ${name}; remove the file and start again, new ones are made`)
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
