import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectEmbeddedPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts'
import { isProcessAlive, readPostmaster } from '../src/postmaster.ts'
import { AlreadyRunningError } from '../src/previous-server.ts'
import { fastSettings, query, silent } from './embedded-server.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

const options = { log: silent, settings: fastSettings }

/** A folder that was started before, for the tests that are not about the first start. */
let folder: string
const stack = new AsyncDisposableStack()
beforeAll(async () => {
  folder = join(stack.use(await createTemporaryFolder()).path, 'postgres')
  await (await startEmbeddedPostgres({ folder, ...options }))[Symbol.asyncDispose]()
})
afterAll(() => stack.disposeAsync())

describe('the embedded PostgreSQL', () => {
  it('starts in a path with spaces, answers on 127.0.0.1 with a password only, and stops', async () => {
    await using temporary = await createTemporaryFolder('portico with spaces-')
    const spaced = join(temporary.path, 'my data')
    const server = await startEmbeddedPostgres({ folder: spaced, ...options })

    const url = server.superuserUrl('postgres')
    expect(await query(url, `SELECT lower('ÄÉ') AS lower, current_setting('fsync') AS fsync`)).toEqual([
      { lower: 'äé', fsync: 'off' },
    ])
    expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
    expect((await stat(join(spaced, 'superuser-password'))).mode & 0o777).toBe(0o600)

    await server[Symbol.asyncDispose]()
    expect((await server.exited).expected).toBe(true)
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
  })

  it('keeps its rows from one start to the next, and lets tools join it while it runs', async () => {
    {
      await using first = await connectEmbeddedPostgres({ folder, ...options })
      await query(first.superuserUrl('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer')
    }
    await using second = await startEmbeddedPostgres({ folder, ...options })
    {
      await using joined = await connectEmbeddedPostgres({ folder, ...options })
      expect(joined.port).toBe(second.port)
      expect(await query(joined.superuserUrl('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    }
    expect(await query(second.superuserUrl('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await expect(removeEmbeddedPostgres({ folder, log: silent })).rejects.toThrow(AlreadyRunningError)
  })

  it('runs once when it is started twice at once, and tells the other where', async () => {
    await using temporary = await createTemporaryFolder()
    const start = () => startEmbeddedPostgres({ folder: join(temporary.path, 'postgres'), ...options })
    const outcomes = await Promise.allSettled([start(), start()])

    const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    await using server = started[0] as (typeof started)[number]
    expect(started).toHaveLength(1)
    expect(refused).toEqual([expect.any(AlreadyRunningError)])
    expect(refused).toEqual([expect.objectContaining({ port: server.port })])
    expect((await readdir(temporary.path + '/postgres')).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('names the port that is taken and the variable that sets it', async () => {
    const occupant = createServer().listen(0, '127.0.0.1')
    await once(occupant, 'listening')
    const { port } = occupant.address() as { port: number }
    try {
      await expect(startEmbeddedPostgres({ folder, port, ...options })).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is taken by another program. Set POSTGRES_PORT to a free one.`,
      )
    } finally {
      occupant.close()
    }
  })

  it('says when it dies on its own, leaves no process behind, and starts again', async () => {
    const server = await startEmbeddedPostgres({ folder, ...options })
    await query(server.superuserUrl('postgres'), 'CREATE TABLE survivor (id int)')
    await killServer(join(folder, 'cluster'))

    expect(await server.exited).toMatchObject({ expected: false })
    await until(() => processesOf(folder).length === 0)
    await using again = await startEmbeddedPostgres({ folder, ...options })
    expect(await query(again.superuserUrl('postgres'), 'SELECT id FROM survivor')).toEqual([])
  })

  it('does not take a program for the server that got its process id', async () => {
    await (await startEmbeddedPostgres({ folder, ...options }))[Symbol.asyncDispose]()
    // The test's own id stands for a program that lives and must not be killed.
    await writeFile(join(folder, 'cluster', 'postmaster.pid'), `${process.pid}\n${folder}\n0\n5432\n\n127.0.0.1\n`)
    await using server = await startEmbeddedPostgres({ folder, ...options })
    expect((await readPostmaster(join(folder, 'cluster')))?.port).toBe(server.port)
  })

  it('does not hear the Ctrl-C of the terminal in which it was started', async () => {
    const { starter, url } = await startInProcess(folder)
    process.kill(-(starter.pid ?? 0), 'SIGINT')
    await sleep(100)
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    starter.kill('SIGTERM')
    await once(starter, 'exit')
    expect(processesOf(folder)).toEqual([])
  })
})

describe('after kill -9', () => {
  it('of the starter, no server stays behind, and the next start has every committed row', async () => {
    const { starter, url } = await startInProcess(folder)
    await query(url, 'CREATE TABLE series AS SELECT generate_series(1, 1000) AS id')
    starter.kill('SIGKILL')
    await until(() => processesOf(folder).length === 0)

    await using server = await startEmbeddedPostgres({ folder, log: silent })
    expect(await query(server.superuserUrl('postgres'), 'SELECT count(*)::int FROM series')).toEqual([{ count: 1000 }])
  })

  it('of the starter and of all that watches the server, the next start takes the orphan’s place', async () => {
    const { starter, url } = await startInProcess(folder)
    await query(url, 'CREATE TABLE orphaned AS SELECT 1 AS id')
    starter.kill('SIGSTOP') // or it would notice the death of the guard and stop the server
    for (const { pid, command } of processesOf(folder)) if (command.startsWith('/bin/sh')) process.kill(pid, 'SIGKILL')
    starter.kill('SIGKILL')
    const orphan = await readPostmaster(join(folder, 'cluster'))
    expect(orphan && isProcessAlive(orphan.pid)).toBe(true)

    const messages: string[] = []
    await using server = await startEmbeddedPostgres({ folder, log: (message) => messages.push(message) })
    expect(messages.join()).toContain(`left behind (process ${orphan?.pid})`)
    expect(await query(server.superuserUrl('postgres'), 'SELECT id FROM orphaned')).toEqual([{ id: 1 }])
  })

  it('of the server in use, its owner’s claim survives the restart of its sessions', async () => {
    await using server = await startEmbeddedPostgres({ folder, ...options })
    const url = server.superuserUrl('postgres')
    const [session] = await query<{ pid: number }>(
      url,
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'portico supervisor'`,
    )
    process.kill(session?.pid ?? 0, 'SIGKILL')
    await until(async () => (await ownersOf(url)).some(({ pid }) => pid !== session?.pid))
    await expect(startEmbeddedPostgres({ folder, ...options })).rejects.toThrow(AlreadyRunningError)
  })

  it('in the middle of the first start, the next one begins anew', async () => {
    await using temporary = await createTemporaryFolder()
    const fresh = join(temporary.path, 'postgres')
    const starter = spawnStarter(fresh)
    await until(async () => (await readdir(fresh).catch(() => [])).some((name) => name.startsWith('cluster.partial-')))
    starter.kill('SIGKILL')
    await once(starter, 'exit')
    expect(await readdir(fresh)).not.toContain('cluster')

    await using server = await startEmbeddedPostgres({ folder: fresh, ...options })
    expect(await query(server.superuserUrl('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

function spawnStarter(home: string): ChildProcess {
  const script = join(import.meta.dirname, 'start-embedded.ts')
  return spawn(process.execPath, [script, home], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
}

async function startInProcess(home: string): Promise<{ starter: ChildProcess; url: string }> {
  const starter = spawnStarter(home)
  const [line] = (await once(starter.stdout ?? starter, 'data')) as [Buffer]
  return { starter, ...(JSON.parse(line.toString()) as { url: string }) }
}

/** Every process whose command line names the home, but for the starter itself. */
function processesOf(home: string): { pid: number; command: string }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 10_000_000 }).split('\n')
  return lines
    .filter((line) => line.includes(home) && !line.includes('start-embedded'))
    .map((line) => /^\s*(\d+) (.*)$/.exec(line) ?? [])
    .map(([, pid, command = '']) => ({ pid: Number(pid), command }))
}

async function killServer(cluster: string): Promise<void> {
  const [pid] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

function ownersOf(url: string): Promise<{ pid: number }[]> {
  return query<{ pid: number }>(url, `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted`).catch(() => [])
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error('It did not happen within 10 s')
}
