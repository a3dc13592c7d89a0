import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '@portico/service-kit/logger'
import { Supergraph } from '@apollo/federation-internals'
import { parse, type GraphQLSchema } from 'graphql'
import { Pool } from 'undici'
import { loadConfig } from '../../src/config.ts'
import { startGateway } from '../../src/gateway.ts'
import { composeSubgraphs } from '../../src/supergraph/compose.ts'
import { parseAnswer, parseExactly, type ClientAnswer } from './answer.ts'
import { newCourse, type Course } from './data.ts'
import { createMonolith, createSubgraph, type Request } from './executable.ts'
import { createGraph, type Graph } from './graph.ts'
import type { World } from './world.ts'

/** Serves one world after the other over the same real HTTP server, each subgraph at a path of its own. */
export interface Arena extends AsyncDisposable {
  /** Undefined: the world does not compose. */
  enter(world: World): Promise<Stage | undefined>
}

/** A world that is being served. */
export interface Stage extends AsyncDisposable {
  graph: Graph
  supergraphSdl: string
  /** What clients see. */
  schema: GraphQLSchema
  /** See `OperationSchema`. */
  hard: ReadonlySet<string>
  /** Asks the gateway, over HTTP. */
  ask(request: Request): Promise<ClientAnswer>
  /** Asks one schema that has everything. */
  expect(request: Request): Promise<ClientAnswer>
  /** Begins anew for whoever asks the subgraphs next, and says what they are asked from then on. */
  begin(): string[]
  /** Changes what the subgraphs answer. */
  faults: Faults
}

export interface Faults {
  /** Undefined: none. May answer with another body, or `undefined` for none at all. */
  edit: ((subgraph: string, body: string) => string | undefined) | undefined
}

const ENV = {
  NODE_ENV: 'development',
  PORT: '0',
  ADMIN_PORT: '0',
  DRAIN_DELAY_MS: '0',
  LOG_LEVEL: 'fatal',
  SUPERGRAPH_PATH: '',
  SUBGRAPHS_PATH: '',
  INTROSPECTION: 'true',
  ERROR_DETAILS: 'true',
  MAX_TOKENS: '1000000',
  MAX_DEPTH: '50',
  MAX_ALIASES: '10000',
  MAX_ROOT_FIELDS: '1000',
  MAX_DIRECTIVES: '10000',
  MAX_FIELDS: '1000000',
  MAX_VALUE_DEPTH: '50',
}

export async function startArena(env: Record<string, string> = {}): Promise<Arena> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-fuzz-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const subgraphs = new Map<string, (request: Request, course: Course) => Promise<object>>()
  let course = newCourse()
  let asked: string[] = []
  let entered = 0
  const faults: Faults = { edit: undefined }
  const server = stack.use(
    await serve(async (name, text) => {
      if (text === '') return '{}'
      const request = parseExactly(text) as Request
      asked.push(`${name}: ${request.query} ${JSON.stringify(request.variables ?? {})}`)
      // What is asked for at the same time comes at different ones.
      for (let turns = text.length % 4; turns > 0; turns--) await setImmediate()
      const answer = JSON.stringify(await subgraphs.get(name)?.(request, course))
      return faults.edit ? faults.edit(name, answer) : answer
    }),
  )
  const running = stack.move()
  return {
    async enter(world) {
      const graph = createGraph(world)
      const services = graph.subgraphs.map((name) => ({
        name,
        url: `${server.url}/${name}`,
        typeDefs: parsed(graph.sdl.get(name)),
      }))
      if (services.some(({ typeDefs }) => typeDefs === undefined)) return undefined
      const composed = composeSubgraphs(
        services.flatMap(({ typeDefs, ...rest }) => (typeDefs ? [{ ...rest, typeDefs }] : [])),
      )
      if (composed.errors) return undefined
      const schema = Supergraph.build(composed.supergraphSdl).apiSchema().toGraphQLJSSchema()
      const file = join(folder, 'supergraph.graphql')
      await writeFile(file, composed.supergraphSdl)
      subgraphs.clear()
      for (const name of graph.subgraphs) subgraphs.set(name, createSubgraph(graph, name))
      await using opened = new AsyncDisposableStack()
      const log = createLogger({ service: 'gateway', level: 'fatal' }, { write: () => undefined })
      const config = loadConfig({ ...ENV, ...env, SUPERGRAPH_PATH: file })
      // A thread for each supergraph would take half of the time.
      const planning = { ...config.planning, largestInPlace: Infinity }
      // What is seldom asked is parsed, and what is often asked is read.
      const connections = { ...config.supergraph.connections, parsedBytes: (entered += 1) % 2 === 0 ? Infinity : 0 }
      const supergraph = { ...config.supergraph, connections }
      const gateway = opened.use(await startGateway({ ...config, planning, supergraph }, { log }))
      const client = new Pool(gateway.url.origin, { connections: 1 })
      opened.defer(() => client.destroy())
      const monolith = createMonolith(graph, schema)
      const moved = opened.move()
      return {
        graph,
        supergraphSdl: composed.supergraphSdl,
        schema,
        hard: new Set(
          [...graph.types.values()].filter(({ kind }) => kind === 'interface-object').map(({ name }) => name),
        ),
        faults,
        begin() {
          course = newCourse()
          return (asked = [])
        },
        async ask(request) {
          const response = await client.request({
            path: gateway.url.pathname,
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(request),
          })
          return parseAnswer(response.statusCode, await response.body.text())
        },
        async expect(request) {
          return parseAnswer(200, JSON.stringify(await monolith(request)))
        },
        [Symbol.asyncDispose]: () => moved.disposeAsync(),
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function parsed(sdl = ''): ReturnType<typeof parse> | undefined {
  try {
    return parse(sdl)
  } catch {
    return undefined
  }
}

async function serve(
  answer: (path: string, text: string) => Promise<string | undefined>,
): Promise<AsyncDisposable & { url: string }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void answer(request.url?.slice(1) ?? '', Buffer.concat(chunks).toString()).then((text) => {
        if (text === undefined) return response.destroy()
        response.setHeader('content-type', 'application/json')
        return response.end(text)
      })
    })
  })
  // Stock's client fails when a connection is closed just as it is used again.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
