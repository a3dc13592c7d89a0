import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, open, readdir, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, jest } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { runProgramToEnd, startFourSubgraphs, startProgram } from './program.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const FREE_PORTS = ['--port', '0', '--admin-port', '0']

jest.setTimeout(60_000)

describe('the gateway as a program', () => {
  it('needs nothing but a supergraph: a production start, with one warning for each thing that is not there', async () => {
    await using graph = await startFourSubgraphs()
    await using program = startProgram(['--supergraph', graph.supergraphFile, ...FREE_PORTS], {
      env: { DRAIN_DELAY_MS: '0' },
    })
    const address = await program.address
    expect((await fetch(new URL('/health/ready', address))).status).toBe(200)
    expect((await postGraphql(new URL('/graphql', address), { query: '{ ping }' })).data).toEqual({ ping: 'pong' })
    program.child.kill('SIGTERM')
    const { code, stdout, stderr } = await program.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const warnings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; msg: string })
      .filter(({ level }) => level === 'warn')
    expect(warnings.map(({ msg }) => msg)).toEqual([
      'IDENTITY_KEY_FILE is not set: subgraphs are not told who the viewer is',
      'neither JWKS_URL nor OIDC_ISSUER is set: everyone is anonymous',
    ])
  })

  it('composes a list of subgraphs whose SDL is in it, at the paths that options name', async () => {
    await using graph = await startFourSubgraphs()
    const args = ['--subgraphs', 'subgraphs.json', '--graphql-path', '/', '--health-path', '/up', ...FREE_PORTS]
    await using program = startProgram(args, { cwd: graph.folder })
    const address = await program.address
    expect((await fetch(new URL('/up', address))).status).toBe(200)
    expect((await fetch(new URL('/health/ready', address))).status).toBe(404)
    expect((await postGraphql(address, { query: '{ ping }' })).data).toEqual({ ping: 'pong' })
  })

  it('says of its health path that it can not serve while a subgraph is gone', async () => {
    await using graph = await startFourSubgraphs()
    const env = { SUBGRAPH_URLS: 'd=http://127.0.0.1:9/graphql' }
    await using program = startProgram(['--supergraph', graph.supergraphFile, ...FREE_PORTS], { env })
    expect((await fetch(new URL('/health/ready', await program.address))).status).toBe(503)
  })

  it('is not ended by a hangup while it still reads its configuration', async () => {
    await using graph = await startFourSubgraphs()
    const file = join(graph.folder, 'gateway.yaml')
    await run('mkfifo', [file])
    await using program = startProgram(['--config', file, '--supergraph', graph.supergraphFile, ...FREE_PORTS])
    // Both ends wait for each other.
    const pipe = await open(file, 'w')
    program.child.kill('SIGHUP')
    await pipe.write('logLevel: info\n')
    await pipe.close()
    expect((await fetch(new URL('/health/live', await program.address))).status).toBe(200)
  })

  it('ends at once on a signal when nobody has asked for its readiness', async () => {
    await using graph = await startFourSubgraphs()
    // Longer than the test may take.
    const env = { DRAIN_DELAY_MS: '60000' }
    await using program = startProgram(['--supergraph', graph.supergraphFile, ...FREE_PORTS], { env })
    const address = await program.address
    expect((await fetch(new URL('/health/live', address))).status).toBe(200)
    expect((await postGraphql(new URL('/graphql', address), { query: '{ ping }' })).data).toEqual({ ping: 'pong' })
    program.child.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
  })

  it('ends at once on a second signal', async () => {
    await using graph = await startFourSubgraphs()
    const env = { DRAIN_DELAY_MS: '60000' }
    await using program = startProgram(['--supergraph', graph.supergraphFile, ...FREE_PORTS], { env })
    const ready = new URL('/health/ready', await program.address)
    // Once to know that it is there, and once more as balancers do.
    for (const _ of [1, 2]) expect((await fetch(ready)).status).toBe(200)
    program.child.kill('SIGTERM')
    while ((await fetch(ready)).status === 200);
    program.child.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 1, signal: null })
  })

  it('hands what Node was told on to its workers', async () => {
    await using graph = await startFourSubgraphs()
    const flag = '--max-semi-space-size=48'
    const main = join(ROOT, 'gateway/src/cli/main.ts')
    const command = [process.execPath, '--conditions=portico:source', flag, main]
    const args = ['--supergraph', graph.supergraphFile, '--workers', '1', '--open', ...FREE_PORTS]
    await using program = startProgram(args, { command })
    await program.address
    const workers = (await runningProcesses()).filter(({ parent }) => parent === program.child.pid)
    expect(workers.map(({ commandLine }) => commandLine.includes(` ${flag} `))).toEqual([true])
    program.child.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 0 })
  })

  it('ends with 1 on a port that is taken', async () => {
    await using graph = await startFourSubgraphs()
    await using taken = await listenSomewhere()
    const port = String(taken.port)
    const { code, stdout } = await runProgramToEnd([
      '--supergraph',
      graph.supergraphFile,
      '--port',
      port,
      '--admin-port',
      '0',
    ])
    expect(code).toBe(1)
    expect(stdout).toContain(`Port ${port} on 127.0.0.1 is taken by another program. Set PORT to another one.`)
  })

  it.each([
    [{ name: 'a', url: 'http://a', sdl: 'type Query {' }, 'schema of a:1:13: Syntax Error'],
    [{ name: 'a', url: 'http://a' }, '0.schema must be SDL or the name of its file'],
    [
      { name: 'a', url: 'http://a', sdl: 'x.graphql', schema: 'y.graphql' },
      '0.schema must be SDL or the name of its file',
    ],
    [{ name: 'a', url: 'http://a', sdl: 'nowhere.graphql' }, "nowhere.graphql can't be read"],
  ])('refuses a list with %j', async (entry, problem) => {
    await using graph = await startFourSubgraphs()
    const file = await graph.write('list.json', JSON.stringify([entry]))
    const { code, stderr } = await runProgramToEnd(['--subgraphs', file])
    expect(code).toBe(2)
    expect(stderr).toContain('  - --subgraphs: ')
    expect(stderr).toContain(problem)
  })
})

describe('portico-gateway', () => {
  it('runs what was built, as one process, from any folder and through a link', async () => {
    await using graph = await startFourSubgraphs()
    const checkout = await buildCheckout(join(graph.folder, 'checkout'))
    const link = join(graph.folder, 'bin/portico-gateway')
    await mkdir(join(graph.folder, 'bin'))
    await symlink('../checkout/node_modules/.bin/portico-gateway', link)

    await using program = startProgram(['--supergraph', 'supergraph.graphql', '--open', ...FREE_PORTS], {
      command: [link],
      cwd: graph.folder,
      env: { CDPATH: `${graph.folder}:/` },
    })
    const { data } = await postGraphql(new URL('/graphql', await program.address), { query: '{ ping }' })
    expect(data).toEqual({ ping: 'pong' })
    const self = (await runningProcesses()).find(({ pid }) => pid === program.child.pid)
    expect(self?.commandLine).toContain(' --min-semi-space-size=32 --max-semi-space-size=64 ')
    program.child.kill('SIGTERM')
    // A shell between them would have been ended by the signal, and the gateway left alone.
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
    expect(await readdir(join(checkout, 'gateway/node_modules/.cache/portico-gateway'))).not.toEqual([])
    expect(await runProgramToEnd(['--no-such'], { command: [link] })).toMatchObject({ code: 2 })
  })

  it('says what to run where nothing is built', async () => {
    await using graph = await startFourSubgraphs()
    await cp(join(ROOT, 'gateway/bin'), join(graph.folder, 'gateway/bin'), { recursive: true })
    const { code, stderr } = await runProgramToEnd([], { command: [join(graph.folder, 'gateway/bin/portico-gateway')] })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'portico-gateway: it is not built. Run in its checkout: npm ci && npm run build\n',
    })
  })
})

async function runningProcesses() {
  const { stdout } = await run('ps', ['-Aww', '-o', 'pid=,ppid=,args='])
  return stdout.split('\n').map((line) => {
    const [pid, parent, ...words] = line.trim().split(/ +/)
    return { pid: Number(pid), parent: Number(parent), commandLine: words.join(' ') }
  })
}

/** A checkout with the gateway built in it, as `npm ci && npm run build` leaves it; its packages are this one's. */
async function buildCheckout(folder: string): Promise<string> {
  await linkModules(ROOT, folder)
  await cp(join(ROOT, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  for (const part of ['packages/service-kit', 'gateway']) {
    await linkModules(join(ROOT, part), join(folder, part))
    for (const name of ['package.json', 'tsconfig.build.json', 'src', 'bin']) {
      await cp(join(ROOT, part, name), join(folder, part, name), { recursive: true }).catch(ignoreMissing)
    }
    await symlink(join('../..', part), join(folder, 'node_modules/@portico', basename(part)))
    // Whether its types are right is said by other checks.
    await run(process.execPath, [tsc, '-p', join(folder, part, 'tsconfig.build.json'), '--noCheck'])
  }
  await symlink(join(ROOT, 'packages/explorer'), join(folder, 'node_modules/@portico/explorer'))
  await symlink('../@portico/gateway/bin/portico-gateway', join(folder, 'node_modules/.bin/portico-gateway'))
  return folder
}

async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'node_modules/@portico'), { recursive: true })
  await mkdir(join(to, 'node_modules/.bin'))
  for (const name of await readdir(join(from, 'node_modules')).catch(ignoreMissing)) {
    if (name === '@portico' || name.startsWith('.')) continue
    await symlink(join(from, 'node_modules', name), join(to, 'node_modules', name))
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error
  return []
}

async function listenSomewhere(): Promise<AsyncDisposable & { port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed))
    },
  }
}
