import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { federation1 } from './graph/federation-1.ts'
import type { Peer, PeerStart } from './peer.ts'
import { nodeFlags, portico, porticoGuarded } from './portico.ts'

const BENCH = fileURLToPath(new URL('..', import.meta.url))
const program = (name: string) => join(BENCH, 'peers', name)
const bin = (name: string) => join(BENCH, 'node_modules', '.bin', name)
const node = (file: string, ...args: string[]) => [process.execPath, file, ...args]
/** With the flags of Portico, for what is a bound. */
const nodeAsPortico = (file: string, ...args: string[]) => [process.execPath, ...nodeFlags, file, ...args]

const common = { NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' }
const usual = ({ port, supergraphFile }: PeerStart) => ({
  ...common,
  PORT: String(port),
  SUPERGRAPH: supergraphFile,
})

const hive = (name: string, title: string, { flags }: { flags: readonly string[] }): Peer => ({
  name,
  title,
  start: (start) => ({
    command: node(
      bin('hive-gateway'),
      'supergraph',
      '--config-path',
      program('hive-config.mjs'),
      '--host',
      '127.0.0.1',
      '--port',
      String(start.port),
      ...flags,
    ),
    env: { ...usual(start), LOG_LEVEL: 'error' },
    cwd: start.folder,
    path: '/graphql',
  }),
})

const GRAFBASE = join(BENCH, 'node_modules/@grafbase/cli-x86_64-unknown-linux-musl/grafbase')

/** Everything that can be measured, in the order of the result. */
export const peers: readonly Peer[] = [
  portico,
  porticoGuarded,
  {
    name: 'stock',
    title: 'Apollo Gateway, Apollo Server, Fastify',
    start: (start) => ({ command: node(program('apollo-gateway.ts')), env: usual(start), path: '/graphql' }),
  },
  {
    name: 'stock-undici',
    title: 'the same with undici.request as fetcher',
    start: (start) => ({
      command: node(program('apollo-gateway.ts')),
      env: { ...usual(start), FETCHER: 'undici' },
      path: '/graphql',
    }),
  },
  hive('hive-js', 'Hive Gateway, JS planner', { flags: [] }),
  hive('hive-jit', 'Hive Gateway, JS planner, --jit', { flags: ['--jit'] }),
  hive('hive-rust', 'Hive Gateway, Rust planner', { flags: ['--hive-router-runtime'] }),
  {
    name: 'mercurius',
    title: 'Mercurius gateway, with its jit',
    start: (start) => {
      const file = join(start.folder, 'subgraphs.json')
      const services = federation1(start.graph).map(({ name, sdl }) => ({
        name,
        url: start.subgraphUrls[name],
        schema: sdl,
      }))
      writeFileSync(file, JSON.stringify(services))
      return {
        command: node(program('mercurius.ts')),
        env: { ...common, PORT: String(start.port), SUBGRAPHS: file },
        path: '/graphql',
      }
    },
  },
  {
    name: 'grafbase',
    title: 'Grafbase gateway (Rust), sharing off',
    cannot: () =>
      existsSync(GRAFBASE) ? undefined : 'npm has its binary for Linux on x64 only; on other machines it is not there',
    start: ({ port, graph, subgraphUrls, folder }) => {
      const sections = graph.subgraphs.map(({ name, sdl }) => {
        writeFileSync(join(folder, `${name}.graphql`), sdl)
        return `[subgraphs.${name}]\nurl = "${subgraphUrls[name]}"\nschema_path = "./${name}.graphql"\n`
      })
      const config = ['[traffic_shaping]', 'inflight_deduplication = false', '', ...sections].join('\n')
      writeFileSync(join(folder, 'grafbase.toml'), config)
      return {
        command: [GRAFBASE, '--home', folder, 'dev', '--config', 'grafbase.toml', '--port', String(port)],
        cwd: folder,
        path: '/graphql',
      }
    },
  },
  {
    name: 'hand-parse',
    title: 'hand-written for this query: parse, merge, write text',
    only: ['Deep'],
    start: (start) => ({
      command: nodeAsPortico(program('hand-written/main.ts'), 'parse'),
      env: { ...usual(start), SUBGRAPH_URLS: JSON.stringify(start.subgraphUrls) },
      path: '/graphql',
    }),
  },
  {
    name: 'hand-splice',
    title: 'hand-written for this query: splice text that passes through',
    only: ['Deep'],
    start: (start) => ({
      command: nodeAsPortico(program('hand-written/main.ts'), 'splice'),
      env: { ...usual(start), SUBGRAPH_URLS: JSON.stringify(start.subgraphUrls) },
      path: '/graphql',
    }),
  },
  {
    name: 'forwarder',
    title: 'Fastify, Apollo Server and undici, forwarding',
    only: ['VariantBySku'],
    start: (start) => ({
      command: nodeAsPortico(program('forwarder.ts')),
      env: { ...usual(start), SUBGRAPH_URL: start.subgraphUrls['products'] ?? '' },
      path: '/graphql',
    }),
  },
]
