import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js'
import { createLogger } from '@portico/service-kit/logger'
import { graphql, parse } from 'graphql'
import { loadConfig } from '../src/config.ts'
import { startGateway } from '../src/gateway.ts'
import { composeSupergraph } from '../src/supergraph/compose.ts'

/** What a subgraph was asked. */
export interface SubgraphRequest {
  subgraph: string
  query: string
  variables: Record<string, unknown>
  headers: IncomingHttpHeaders
  /** The whole body, as it came. */
  text: string
}

/** A real gateway in front of small subgraphs over HTTP that keep what they were asked. */
export interface TinyGraph extends AsyncDisposable {
  url: URL
  /** The gateway's admin server. */
  adminUrl: URL
  requests: SubgraphRequest[]
  /** Log lines of the gateway. */
  logged: Record<string, unknown>[]
}

export interface TinySubgraph {
  /** SDL without the `@link` of federation, which is added. */
  sdl: string
  resolvers: object
  /** Makes the text of an answer into one that another server might have sent. */
  editAnswer?: (text: string) => string
  /** Answers what is no GraphQL request, such as probes; by default each with 200. */
  onGet?: RequestListener
  /** Answers operations in place of the resolvers. */
  onPost?: RequestListener
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@shareable", "@interfaceObject", "@composeDirective",
  "@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize",
  "@provides", "@override", "@inaccessible", "@context", "@fromContext"])\n`

const TEST_ENV = { PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '0' }

export interface TinyGraphOptions {
  /** Makes the composed supergraph into one as it could have been written by hand. */
  editSupergraph?: (sdl: string) => string
}

export async function startTinyGraph(
  subgraphs: Record<string, TinySubgraph>,
  env: Record<string, string> = {},
  { editSupergraph }: TinyGraphOptions = {},
): Promise<TinyGraph> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-tiny-graph-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const requests: SubgraphRequest[] = []
  const list: { name: string; url: string; schema: string }[] = []
  for (const [name, { sdl, resolvers, onGet, onPost, editAnswer = String }] of Object.entries(subgraphs)) {
    await writeFile(join(folder, `${name}.graphql`), LINK + sdl)
    const typeDefs = parse(LINK + sdl)
    const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as GraphQLResolverMap<unknown> }])
    async function answer(request: IncomingMessage): Promise<string> {
      if (request.method === 'GET') return ''
      const body = await text(request)
      const { query, variables = {} } = JSON.parse(body) as GraphqlRequest
      requests.push({ subgraph: name, query, variables, headers: request.headers, text: body })
      return editAnswer(JSON.stringify(await graphql({ schema, source: query, variableValues: variables })))
    }
    const server = createServer((request, response) => {
      const listener = request.method === 'GET' ? onGet : onPost
      if (listener) return listener(request, response)
      response.setHeader('content-type', 'application/json')
      void answer(request).then((answered) => response.end(answered))
    })
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    stack.defer(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const { port } = server.address() as AddressInfo
    list.push({ name, url: `http://127.0.0.1:${port}/graphql`, schema: `${name}.graphql` })
  }
  await writeFile(join(folder, 'subgraphs.json'), JSON.stringify(list))
  const logged: Record<string, unknown>[] = []
  const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>)
  const source = { SUBGRAPHS_PATH: join(folder, 'subgraphs.json'), SUPERGRAPH_PATH: '' }
  if (editSupergraph) {
    const sdl = editSupergraph(await composeSupergraph(source.SUBGRAPHS_PATH))
    source.SUPERGRAPH_PATH = join(folder, 'supergraph.graphql')
    source.SUBGRAPHS_PATH = ''
    await writeFile(source.SUPERGRAPH_PATH, sdl)
  }
  const config = loadConfig({ ...TEST_ENV, ...source, ...env })
  const gateway = stack.use(
    await startGateway(config, { log: createLogger({ service: 'gateway', level: 'info' }, { write }) }),
  )
  const running = stack.move()
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl ?? gateway.url,
    requests,
    logged,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

interface GraphqlRequest {
  query: string
  variables?: Record<string, unknown>
}
