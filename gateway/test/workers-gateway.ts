import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { graphql, buildSchema } from 'graphql'
import { composeSupergraph } from '../src/supergraph/compose.ts'
import { FEDERATION } from './rate-limited-schema.ts'

const PROGRAM = fileURLToPath(new URL('../src/main.ts', import.meta.url))
/** What the subgraph can be asked; its schema in the graph has a part of that. */
const FIELDS = `type Query { name: String slow: String added: String }`

/** A log line of the gateway; those of workers have `worker` and `pid`. */
export interface LogLine {
  msg: string
  level: string
  /** ISO time. */
  time: string
  worker?: number
  pid?: number
  problems?: string[]
  code?: number | null
}

/** A gateway of several processes in front of one subgraph. */
export interface WorkersGateway extends AsyncDisposable {
  /** The GraphQL endpoint. */
  url: URL
  adminUrl: URL
  primary: number
  /** Process ids of the workers that ever logged something, in the order of their numbers. */
  workers: () => number[]
  lines: LogLine[]
  said: (msg: string | RegExp, times?: number) => Promise<void>
  signal: (signal: NodeJS.Signals) => void
  /** Replaces the supergraph in one step, by one of this SDL of the subgraph, or by this text when it is none. */
  replaceSupergraph: (sdl: string) => Promise<void>
  /** A file beside the supergraph. */
  file: (name: string) => string
  exited: Promise<{ code: number | null; signal: string | null }>
  stderr: () => string
}

export interface WorkersGatewayOptions {
  /** Of the subgraph, in the first supergraph. Default {@link OLD}. */
  sdl?: string
  /** As the variable `WORKERS` has it. Default `2`; empty starts one process alone. */
  workers?: string
  /** Whether to wait until it listens. Default true. */
  waits?: boolean
  /** Whether it is a process group of its own, as under a terminal. Default false. */
  ownGroup?: boolean
  /** Beside what every gateway is given here. */
  env?: Record<string, string>
}

export const OLD = `${FEDERATION} type Query { name: String slow: String }`
export const NEW = `${FEDERATION} type Query { name: String slow: String added: String }`

/** Where liveness is told at first; a file beside the supergraph, `live-path`, holds it. */
export const LIVE_PATH = '/live-one'

/** Starts the gateway's own program. */
export async function startWorkersGateway(options: WorkersGatewayOptions = {}): Promise<WorkersGateway> {
  const { sdl = OLD, workers: size = '2', waits = true, ownGroup = false, env = {} } = options
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-workers-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const subgraph = stack.use(await startSubgraph())
  const file = (name: string) => join(folder, name)

  async function compose(fields: string): Promise<string> {
    await writeFile(file('next.graphql'), fields)
    const list = [{ name: 'shop', url: subgraph.url, schema: 'next.graphql' }]
    await writeFile(file('next.json'), JSON.stringify(list))
    return composeSupergraph(file('next.json'))
  }
  async function replaceSupergraph(fields: string): Promise<void> {
    await writeFile(file('half'), fields.includes('{') ? await compose(fields) : fields)
    await rename(file('half'), file('supergraph.graphql'))
  }
  await replaceSupergraph(sdl)
  await writeFile(file('live-path'), LIVE_PATH)

  const child = spawn(process.execPath, ['--conditions=portico:source', PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    env: {
      WORKERS: size,
      PORT: '0',
      ADMIN_PORT: '0',
      DRAIN_DELAY_MS: '0',
      SUBGRAPH_HEALTH_INTERVAL_MS: '100',
      SUPERGRAPH_PATH: file('supergraph.graphql'),
      HEALTH_LIVE_PATH_FILE: file('live-path'),
      ...env,
    },
  })
  const exited = once(child, 'exit').then(([code, signal]: unknown[]) => ({
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? signal : null,
  }))
  const lines: LogLine[] = []
  let partial = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (partial + text).split('\n')
    partial = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line) as LogLine))
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const workers = () => [...new Set(lines.flatMap(({ worker, pid }) => (worker && pid ? [pid] : [])))]
  stack.defer(async () => {
    child.kill('SIGKILL')
    for (const pid of workers()) if (lives(pid)) process.kill(pid, 'SIGKILL')
    await exited
    await eventually(() => !workers().some(lives))
  })

  const matching = (msg: string | RegExp) =>
    lines.filter((line) => (typeof msg === 'string' ? line.msg === msg : msg.test(line.msg)))
  async function said(msg: string | RegExp, times = 1): Promise<void> {
    while (matching(msg).length < times) {
      const ended = await Promise.race([once(child.stdout, 'data').then(() => false), exited.then(() => true)])
      if (ended) throw new Error(`The gateway ended, and never said ${String(msg)}: ${complaint}`)
    }
  }
  const told = (pattern: RegExp) => lines.map(({ msg }) => pattern.exec(msg)?.[1]).find(Boolean) ?? 'http://0.0.0.0'
  if (waits) await said(/^listening on http/)
  const running = stack.move()
  return {
    get url() {
      return new URL('/graphql', told(/^listening on (http\S+)/))
    },
    get adminUrl() {
      return new URL(told(/^admin server listening on (http\S+)/))
    },
    primary: child.pid ?? 0,
    workers,
    lines,
    said,
    signal: (signal) => void child.kill(signal),
    replaceSupergraph,
    file,
    exited,
    stderr: () => complaint,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Whether there is a process of this id. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Clients that ask again and again, each on a connection that it keeps as long as it may. */
export function startClients(url: URL, count = 8) {
  const over = new AbortController()
  const failures: unknown[] = []
  let answered = 0
  async function ask(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        const { status, data, errors } = await postGraphql(url, { query: '{ name }' })
        answered += 1
        if (status !== 200 || errors.length > 0) failures.push({ status, data, errors })
        // Workers have to start on the same cores.
        await sleep(5)
      } catch (error) {
        failures.push(error instanceof Error ? (error.cause ?? error) : error)
      }
    }
  }
  const clients = Promise.all(Array.from({ length: count }, ask))
  return {
    answered: () => answered,
    /** Resolves with what went wrong. */
    async stop() {
      over.abort()
      await clients
      return failures
    },
  }
}

async function startSubgraph(): Promise<AsyncDisposable & { url: string }> {
  const schema = buildSchema(FIELDS)
  const rootValue = { name: 'shop', added: 'new', slow: () => sleep(1000, 'done') }
  const server = createServer((request, response) => {
    async function answer(): Promise<void> {
      const { query: source } = (await json(request)) as { query: string }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(await graphql({ schema, rootValue, source })))
    }
    if (request.method === 'GET') response.end()
    else void answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The subgraph has no port.')
  return {
    url: `http://127.0.0.1:${address.port}/graphql`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
