import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load/load.ts'
import type { LoadMessage } from './load/main.ts'
import { chooseCores, nextMessage, startChild, type Cores } from './measure/child.ts'
import type { Peer } from './peer.ts'
import type { ReplayCounts } from './subgraphs/replay.ts'
import type { SubgraphsCounted, SubgraphsReady } from './subgraphs/main.ts'
import { writeSupergraphs, type Supergraphs } from './supergraphs.ts'
import type { Workload } from './workloads.ts'

const program = (path: string) => [process.execPath, fileURLToPath(new URL(path, import.meta.url))]
const READY_WITHIN_MS = 60_000

/** A gateway that runs and answers. */
export interface RunningPeer extends AsyncDisposable {
  peer: Peer
  pid: number
  port: number
  path: string
  headers: Readonly<Record<string, string>>
}

/** What measuring needs: subgraphs, a source of load, and a place for files. */
export interface Lab extends AsyncDisposable {
  cores: Cores | undefined
  supergraphs: Record<Workload['graph'], Supergraphs>
  /** @throws Error when it does not answer within a minute, with what it printed. */
  start(peer: Peer, graph: Workload['graph']): Promise<RunningPeer>
  load(job: LoadJob): Promise<LoadResult>
  /** What the subgraphs of a graph were asked so far, by name. */
  counts(graph: Workload['graph']): Promise<Readonly<Record<string, ReplayCounts>>>
}

export async function openLab(): Promise<Lab> {
  const cores = chooseCores()
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-'))
  const forget = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', forget)
  stack.defer(forget)
  const helper = (name: string) => {
    const logFile = join(folder, `${name}.log`)
    // Nothing here may be the bottleneck of what is measured, garbage collection of small heaps included.
    const [node = '', file = ''] = program(`./${name}/main.ts`)
    const command = [node, '--max-semi-space-size=64', file]
    return stack.use(startChild(command, { env: {}, cores: cores?.others, logFile, messages: true }))
  }
  const subgraphs = helper('subgraphs')
  const load = helper('load')
  const [ready] = await Promise.all([nextMessage<SubgraphsReady>(subgraphs), nextMessage(load)])
  const supergraphs = writeSupergraphs(ready.urls, folder)

  let started = 0
  const running = stack.move()
  return {
    cores,
    supergraphs,
    async start(peer, graphName) {
      const { graph, file, guardedFile } = supergraphs[graphName]
      const own = join(folder, `${peer.name}-${started++}`)
      mkdirSync(own)
      const port = await freePort()
      const { command, env, cwd, path, headers } = await peer.start({
        port,
        graph,
        supergraphFile: file,
        guardedSupergraphFile: guardedFile,
        subgraphUrls: ready.urls[graphName],
        folder: own,
      })
      const logFile = join(own, 'output.log')
      const child = startChild(command, { env: env ?? {}, cores: cores && String(cores.gateway), logFile, cwd })
      try {
        const url = `http://127.0.0.1:${port}${path}`
        await Promise.race([untilItAnswers(url, headers ?? {}), child.ended])
      } catch (error) {
        await child[Symbol.asyncDispose]()
        throw error
      }
      const stop = () => child[Symbol.asyncDispose]()
      return { peer, pid: child.pid, port, path, headers: headers ?? {}, [Symbol.asyncDispose]: stop }
    },
    async load(job) {
      load.process.send(job)
      const message = await nextMessage<LoadMessage>(load)
      if (message.kind === 'failed') throw new Error(message.message)
      return message.result
    },
    async counts(graph) {
      subgraphs.process.send('count')
      const { counts } = await nextMessage<SubgraphsCounted>(subgraphs)
      return counts[graph]
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Sends one operation and returns the text of the answer. */
export async function ask(
  { port, path, headers }: Pick<RunningPeer, 'port' | 'path' | 'headers'>,
  body: { query: string; variables?: object },
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return response.text()
}

async function untilItAnswers(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS
  while (performance.now() < until) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ __typename }' }),
    }).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`It did not answer within ${READY_WITHIN_MS / 1000} seconds.`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
