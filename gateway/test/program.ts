import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts')
const FROM_SOURCE = [process.execPath, '--conditions=portico:source', MAIN]

/** How a process ended, and what it wrote. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The gateway as a process of its own. */
export interface Program extends AsyncDisposable {
  child: ChildProcess
  /** Where it listens, as its log says; rejects when it ends before. */
  address: Promise<URL>
  ended: Promise<Ended>
}

export interface ProgramOptions {
  /** Instead of the program's source. */
  command?: readonly string[]
  env?: Record<string, string>
  cwd?: string
}

/** Starts the program with nothing of this process's environment but where programs are found. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const { command = FROM_SOURCE, env = {}, cwd } = options
  const [file = '', ...before] = command
  const child = spawn(file, [...before, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  const { promise: address, resolve: found, reject } = Promise.withResolvers<URL>()
  // Those that are to fail are not asked for it.
  address.catch(() => undefined)
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text
    const [, url] = /"msg":"listening on (http[^"]+)"/.exec(written.stdout) ?? []
    if (url !== undefined) found(new URL(url))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
  const ended = new Promise<Ended>((told) => {
    child.once('close', (code, signal) => {
      reject(new Error(`The program ended with ${code ?? signal}:\n${written.stdout}${written.stderr}`))
      told({ code, signal, ...written })
    })
  })
  return {
    child,
    address,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs the program to its end. */
export async function runProgramToEnd(args: readonly string[], options?: ProgramOptions): Promise<Ended> {
  await using program = startProgram(args, options)
  return await program.ended
}

/** Four subgraphs that answer, a folder for files, and the files that the program starts from. */
export interface FourSubgraphs extends AsyncDisposable {
  folder: string
  /** In the folder. */
  supergraphFile: string
  listFile: string
  /** Headers of the fetches that subgraphs were sent. */
  fetches: IncomingHttpHeaders[]
  write: (name: string, text: string) => Promise<string>
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@authenticated", "@requiresScopes", "@policy", "@composeDirective"])\n`

const TYPES: Readonly<Record<string, string>> = {
  a: 'scalar Any type Query { take(any: Any): String ping: String secret: String @authenticated scoped: String @requiresScopes(scopes: [["x"]]) }',
  b: 'type Query { b: Thing } type Thing @key(fields: "id") { id: ID! }',
  c: 'type Thing @key(fields: "id") { id: ID! name: String }',
  d: 'type Thing @key(fields: "id") { id: ID! size: Int }',
}

export async function startFourSubgraphs(): Promise<FourSubgraphs> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-program-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fetches: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    if (request.method === 'POST') fetches.push(request.headers)
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ data: { ping: 'pong', secret: 'told', scoped: 'told' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  const { port } = server.address() as AddressInfo
  const list = Object.entries(TYPES).map(([name, types]) => ({
    name,
    url: `http://127.0.0.1:${port}/${name}`,
    sdl: LINK + types,
  }))
  const composed = composeServices(list.map(({ sdl, ...service }) => ({ ...service, typeDefs: parse(sdl) })))
  async function write(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const supergraphFile = await write('supergraph.graphql', composed.supergraphSdl ?? '')
  const listFile = await write('subgraphs.json', JSON.stringify(list))
  const running = stack.move()
  return { folder, supergraphFile, listFile, fetches, write, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
