import { IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import type { SubgraphConfig } from '@portico/service-kit/subgraph-config'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { createTestIdentity } from '@portico/testkit/identity'
import { postGraphql } from '@portico/testkit/post-graphql'
import { createMemoryLog } from '../memory-log.ts'
import { startInventory } from './inventory.ts'

/** The inventory subgraph on a free port, behind a gateway that the test plays. */
export async function startTestInventory(changes: Partial<SubgraphConfig> = {}) {
  await using stack = new AsyncDisposableStack()
  const identity = stack.use(await createTestIdentity())
  const memory = createMemoryLog()
  const config = {
    host: '127.0.0.1',
    port: 0,
    admin: { host: '127.0.0.1', port: 0, orAnyPort: false, hosts: [] },
    logLevel: 'info',
    production: true,
    trust: { kind: 'gateway', keysFile: identity.publicKeysFile } as const,
    drainDelayMs: 0,
    ...changes,
  }
  const subgraph = stack.use(await startInventory(config, memory.log))
  const running = stack.move()
  return {
    ...memory,
    url: subgraph.url,
    adminUrl: subgraph.adminUrl,
    /** The headers that the gateway sends on behalf of a viewer. */
    headers: async (viewer: Viewer = ANONYMOUS) => ({
      [IDENTITY_HEADER]: await identity.signer.sign(viewer, 'inventory'),
    }),
    /** Sends a query with headers of the test's own. */
    post: <Data>(query: string, headers: Record<string, string>) => postGraphql<Data>(subgraph.url, { query }, headers),
    async entities(representations: readonly object[], selection: string) {
      const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`
      const headers = await this.headers()
      return postGraphql<{ _entities: unknown[] } | null>(
        subgraph.url,
        { query, variables: { representations } },
        headers,
      )
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
