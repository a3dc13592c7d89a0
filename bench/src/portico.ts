import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Peer, PeerStart } from './peer.ts'
import { createViewers } from './viewers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'gateway/dist/cli/main.js')
const SOURCE = join(ROOT, 'gateway/src/cli/main.ts')

/** What Node is told when Portico is run. Programs that are a bound for it are told the same. */
export const nodeFlags = readFileSync(join(ROOT, 'gateway/bin/node-flags'), 'utf8').trim().split(/\s+/)

/** How Portico is run: as built for production, or from its sources while they are newer. */
export function porticoFrom(): 'dist' | 'source' {
  if (!existsSync(BUILT)) return 'source'
  const newest = Math.max(...['gateway/src', 'packages/service-kit/src'].map((folder) => newestIn(join(ROOT, folder))))
  return statSync(BUILT).mtimeMs >= newest ? 'dist' : 'source'
}

function newestIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return Math.max(...files.map((name) => statSync(join(folder, name)).mtimeMs))
}

/** The command line of the gateway. */
export function gatewayCommand(...args: readonly string[]): string[] {
  if (porticoFrom() === 'dist') return [join(ROOT, 'gateway/bin/portico-gateway'), ...args]
  return [process.execPath, ...nodeFlags, '--conditions=portico:source', SOURCE, ...args]
}

/** Nothing is shared across requests, and nobody is waiting for a drain. */
const common = ({ port }: PeerStart) => ({
  NODE_ENV: 'production',
  PORT: String(port),
  DRAIN_DELAY_MS: '0',
  REQUEST_TIMEOUT_MS: '60000',
  SUBGRAPH_TIMEOUT_MS: '60000',
  SHARE_FETCHES: 'request',
  SHARE_QUERIES: 'false',
})

/** Portico as other gateways come: nobody is asked who they are, and nothing is limited, signed, logged or counted. */
export const portico: Peer = {
  name: 'portico',
  title: 'Portico, --open',
  start: (start) => ({
    command: gatewayCommand('--open', '--supergraph', start.supergraphFile),
    env: { ...common(start), LOG_LEVEL: 'warn', ADMIN_PORT: 'off' },
    path: '/graphql',
  }),
}

/** Portico as in production: tokens, signed identities, rate limits, a log line per request, metrics. */
export const porticoGuarded: Peer = {
  name: 'portico-guarded',
  title: 'Portico, everything on',
  start: async (start) => {
    const viewers = await createViewers(start.folder)
    return {
      command: gatewayCommand('--supergraph', start.guardedSupergraphFile),
      env: {
        ...common(start),
        LOG_LEVEL: 'info',
        ADMIN_PORT: '0',
        JWKS_URL: viewers.jwksUrl,
        IDENTITY_KEY_FILE: viewers.identityKeyFile,
      },
      path: '/graphql',
      headers: { authorization: await viewers.authorizationOf('user-7') },
    }
  },
}
