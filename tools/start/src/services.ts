import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseName } from '@portico/database/databases'
import { ROOT, type ServiceName, type StartConfig } from './config.ts'
import type { EventSubgraph, Keys } from './keys.ts'

/** A process to supervise. */
export interface Service {
  name: ServiceName
  /** Its main module. */
  entry: string
  /** Flags of Node beside the supervisor's own. */
  nodeFlags?: readonly string[]
  /** What it is told beside the supervisor's own environment. */
  env: Record<string, string>
}

/** The four processes of the graph, in the order in which they stop. */
export function describeServices(config: StartConfig, urls: Record<DatabaseName, string>, keys: Keys): Service[] {
  const address = (name: ServiceName) => `http://${urlHost(config.host)}:${config.ports[name].port}`
  const common = (name: ServiceName) => ({
    NODE_ENV: 'development',
    HOST: config.host,
    PORT: String(config.ports[name].port),
    ADMIN_HOST: config.admin.host,
    ADMIN_PORT: name === 'gateway' ? String(config.admin.port) : '0',
    LOG_LEVEL: config.logLevel,
    // Nothing balances load here, so nobody has to be given time to notice.
    DRAIN_DELAY_MS: '0',
    NODE_COMPILE_CACHE: join(config.dataFolder, 'compile-cache'),
    APOLLO_TELEMETRY_DISABLED: '1',
  })
  const eventVariables = (name: EventSubgraph) => {
    if (config.broker) return {}
    const other = name === 'orders' ? 'products' : 'orders'
    return {
      EVENTS_KEY_FILE: keys.events[name].keyFile,
      EVENTS_PUBLISHER_KEYS: `${other}=${keys.events[other].publicKeysFile}`,
      EVENTS_SUBSCRIBERS: `${other}=${address(other)}`,
    }
  }
  const subgraphs = ['users', 'products', 'orders'] as const
  return [
    {
      name: 'gateway',
      entry: join(ROOT, 'gateway/src/main.ts'),
      nodeFlags: readFileSync(join(ROOT, 'gateway/bin/node-flags'), 'utf8').trim().split(' '),
      env: {
        ...common('gateway'),
        GRAPHQL_PATH: config.graphqlPath,
        HEALTH_LIVE_PATH: config.healthPaths.live,
        HEALTH_READY_PATH: config.healthPaths.ready,
        SUBGRAPHS_PATH: join(ROOT, 'schema/subgraphs.json'),
        SUBGRAPH_URLS: subgraphs.map((name) => `${name}=${address(name)}/graphql`).join(),
        ...(config.ownTokens ? { JWKS_URL: `${address('users')}/.well-known/jwks.json` } : {}),
        IDENTITY_KEY_FILE: keys.identityKeyFile,
        ...(config.explorerPath === undefined ? {} : { EXPLORER_PATH: config.explorerPath }),
        EXPLORER_DOCUMENTS_PATH: join(ROOT, 'schema/operations'),
      },
    },
    ...subgraphs.map((name) => ({
      name,
      entry: join(ROOT, 'subgraphs', name, 'src/main.ts'),
      env: {
        ...common(name),
        DATABASE_URL: urls[name],
        GATEWAY_KEYS_FILE: keys.gatewayKeysFile,
        ...(name === 'users' ? { SIGNING_KEYS_FOLDER: keys.signingKeysFolder } : eventVariables(name)),
      },
    })),
  ]
}

/** A host as it stands in an address that this machine can open. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
