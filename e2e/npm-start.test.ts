import { exec, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { removeEmbeddedPostgres } from '@portico/database/embedded-postgres'
import { freePorts } from '@portico/testkit/free-ports'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'

const ROOT = join(import.meta.dirname, '..')
const PORT_VARIABLES = ['PORT', 'USERS_PORT', 'PRODUCTS_PORT', 'ORDERS_PORT', 'POSTGRES_PORT', 'ADMIN_PORT'] as const

/** What `npm start` runs, once everything is installed. */
class Starter {
  output = ''
  readonly process: ChildProcess
  readonly exited: Promise<unknown>

  constructor(env: Record<string, string>) {
    this.process = spawn(process.execPath, ['--conditions=portico:source', 'tools/start/src/main.ts'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    }
    this.exited = once(this.process, 'exit').then(([code]: unknown[]) => code)
  }

  /** Waits until its output matches. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + 40_000
    while (this.process.exitCode === null && Date.now() < deadline) {
      const match = pattern.exec(this.output)
      if (match) return match
      await sleep(50)
    }
    throw new Error(`It did not print ${pattern}:\n${this.output}`)
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

describe('npm start', () => {
  let folder: string
  let ports: number[]
  let env: Record<string, string>
  const running = new Set<Starter>()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portico start with spaces '))
    chmodSync(folder, 0o711)
    ports = await freePorts(PORT_VARIABLES.length)
    env = { PORTICO_DATA_DIR: folder, LOG_LEVEL: 'info', NO_COLOR: '1' }
    PORT_VARIABLES.forEach((name, index) => (env[name] = String(ports[index])))
  })
  afterEach(async () => {
    for (const starter of running) {
      starter.process.kill('SIGINT')
      await starter.exited
    }
    running.clear()
  }, 40_000)
  afterAll(async () => {
    await removeEmbeddedPostgres({ folder: join(folder, 'postgres'), log: () => undefined })
    rmSync(folder, { recursive: true, force: true })
  })

  function start(more: Record<string, string> = {}): Starter {
    const starter = new Starter({ ...env, ...more })
    running.add(starter)
    return starter
  }
  const url = () => `http://127.0.0.1:${ports[0]}/graphql`
  const untilClosed = () => eventually(async () => !(await Promise.all(ports.map(isOpen))).includes(true))
  const untilAnswered = (query: string) =>
    eventually(async () => (await postGraphql(url(), { query }).catch(() => undefined))?.errors.length === 0)
  const register = (email: string) =>
    postGraphql<{ register: { __typename: string } }>(url(), {
      query: `mutation ($input: RegisterInput!) { register(input: $input) { __typename } }`,
      variables: { input: { email, password: 'a long enough password', displayName: 'Someone' } },
    })

  it('brings up the whole graph, and prints a curl that works as it stands', async () => {
    const starter = start()
    await starter.prints(/Portico is ready/)
    const [, curl = ''] = await starter.prints(/^ {2}(curl .*)$/m)
    const { stdout } = await promisify(exec)(curl)
    expect(JSON.parse(stdout)).toMatchObject({ data: { products: { nodes: [{ title: expect.any(String) }, {}, {}] } } })
    for (const role of ['CUSTOMER', 'SUPPORT', 'CATALOG_MANAGER', 'ADMIN']) expect(starter.output).toContain(role)
    expect((await fetch(`http://127.0.0.1:${ports[0]}/health/ready`)).status).toBe(200)
    const [, status = ''] = await starter.prints(/^ {2}Status +(http:\S+)/m)
    expect(await (await fetch(status)).text()).toContain('The gateway is ready')

    // A second one in the same folder, on other ports, must not touch the first one's database.
    const others = await freePorts(PORT_VARIABLES.length)
    const other = start(Object.fromEntries(PORT_VARIABLES.map((name, index) => [name, String(others[index])])))
    expect(await other.exited).toBe(78)
    expect(other.output).toContain('PORTICO_DATA_DIR')
    running.delete(other)

    expect((await register('kept@example.com')).data.register.__typename).toBe('Session')
    starter.process.kill('SIGINT')
    expect(await starter.exited).toBe(0)
    await untilClosed()
  }, 90_000)

  it('keeps the data, survives the death of each of its processes, and of its own by SIGKILL', async () => {
    const starter = start()
    await starter.prints(/Portico is ready/)
    expect((await register('KEPT@example.com')).data.register.__typename).toBe('ConflictError')

    const [, usersPid] = await starter.prints(/INFO \((\d+)\): users started/)
    process.kill(Number(usersPid), 'SIGKILL')
    await starter.prints(/users exited; starting it again/)
    await untilAnswered('mutation { signOut(refreshToken: "x") }')

    const [postmaster] = readFileSync(join(folder, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(postmaster), 'SIGKILL')
    await starter.prints(/PostgreSQL ended; starting it again/)
    await untilAnswered('{ categories { slug } }')

    expect((await register('acknowledged@example.com')).data.register.__typename).toBe('Session')
    starter.process.kill('SIGKILL')
    await starter.exited
    running.delete(starter)
    await untilClosed()

    const next = start()
    await next.prints(/Portico is ready/)
    expect((await register('acknowledged@example.com')).data.register.__typename).toBe('ConflictError')
  }, 120_000)

  it('names a taken port and the variable that changes it, all of them at once, and starts nothing', async () => {
    const blockers = [createServer().listen(ports[1], '127.0.0.1'), createServer().listen(ports[3], '127.0.0.1')]
    await Promise.all(blockers.map((blocker) => once(blocker, 'listening')))
    const starter = start()
    expect(await starter.exited).toBe(78)
    expect(starter.output).toContain(`USERS_PORT: port ${ports[1]} of the users is taken on 127.0.0.1`)
    expect(starter.output).toContain(`ORDERS_PORT: port ${ports[3]} of the orders is taken on 127.0.0.1`)
    running.delete(starter)
    expect(await isOpen(ports[0] ?? 0)).toBe(false)
    for (const blocker of blockers) blocker.close()
  }, 30_000)

  it('refuses a currency that the demo data is not in, before it has started anything', async () => {
    const fresh = join(folder, 'usd')
    const starter = start({ SHOP_CURRENCY: 'USD', PORTICO_DATA_DIR: fresh })
    expect(await starter.exited).toBe(78)
    running.delete(starter)
    expect(starter.output).toContain('- SHOP_CURRENCY: is USD, but the demo data is in EUR: set DEMO_DATA=false, or')
    expect(existsSync(fresh)).toBe(false)
  }, 30_000)

  it('lists every mistake of its configuration at once', async () => {
    const starter = start({
      PORT: 'http',
      USERS_PORT: '0',
      LOG_LEVEL: 'loud',
      USERS_DATABASE_URL: 'postgresql://x@127.0.0.1/x',
    })
    expect(await starter.exited).toBe(78)
    running.delete(starter)
    for (const variable of ['PORT', 'USERS_PORT', 'LOG_LEVEL', 'PRODUCTS_DATABASE_URL', 'ORDERS_DATABASE_URL']) {
      expect(starter.output).toContain(`- ${variable}: must be`)
    }
  }, 30_000)
})
