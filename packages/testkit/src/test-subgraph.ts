import type { DatabaseName } from '@portico/database/databases'
import { IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { createLogger, type Logger } from '@portico/service-kit/logger'
import type { Subgraph } from '@portico/service-kit/subgraph'
import type { SubgraphConfig } from '@portico/service-kit/subgraph-config'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { createTestIdentity } from './identity.ts'
import { postGraphql, type GraphqlReply } from './post-graphql.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

/** An answer to `_entities`. */
export type EntitiesReply<Entity> = GraphqlReply<{ _entities: (Entity | null)[] }>

/** A subgraph that runs, and how a test talks to it. */
export interface TestSubgraph extends AsyncDisposable {
  url: URL
  database: TestDatabase
  /** Sends an operation as the gateway does, on behalf of a viewer; nobody when left out. */
  request<Data>(query: string, variables?: Record<string, unknown>, viewer?: Viewer): Promise<GraphqlReply<Data>>
  /** Resolves entities as the gateway does: `selection` such as `... on User { email }`. */
  entities<Entity>(
    representations: readonly Record<string, unknown>[],
    selection: string,
    viewer?: Viewer,
  ): Promise<EntitiesReply<Entity>>
  /** Runs something, and returns the SQL statements that the subgraph sent meanwhile. */
  statementsDuring(run: () => Promise<unknown>): Promise<string[]>
  /** What was logged so far, as parsed lines. */
  logged(): Record<string, unknown>[]
  [Symbol.asyncDispose](): Promise<void>
}

/** What a subgraph's own `startX` takes beside its configuration. */
export interface TestDependencies {
  log: Logger
  onStatement: (sql: string) => void
}

/**
 * What subgraphs ask their database every second, whatever the test does: whether it is there, and what orders are due to
 * expire. Counting it would fail tests now and then.
 */
export function isBackground(sql: string): boolean {
  return /^SELECT 1$|expires_at <=/.test(sql)
}

/**
 * Starts a subgraph in this process on a free port, on a database of its own, trusting a gateway that the test plays.
 */
export async function startTestSubgraph(
  name: DatabaseName,
  start: (config: SubgraphConfig, dependencies: TestDependencies) => Promise<Subgraph>,
): Promise<TestSubgraph> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase(name))
  const identity = stack.use(await createTestIdentity())
  const lines: string[] = []
  const statements = new Set<string[]>()
  const subgraph = stack.use(
    await start(testSubgraphConfig(database.url, identity.publicKeysFile), {
      log: createLogger({ service: name, level: 'info' }, { write: (line) => void lines.push(line) }),
      onStatement: (sql) => {
        if (!isBackground(sql)) statements.forEach((list) => list.push(sql))
      },
    }),
  )

  async function request<Data>(query: string, variables?: Record<string, unknown>, viewer: Viewer = ANONYMOUS) {
    const envelope = await identity.signer.sign(viewer, name)
    return postGraphql<Data>(subgraph.url, { query, variables }, { [IDENTITY_HEADER]: envelope })
  }

  const running = stack.move()
  return {
    url: subgraph.url,
    database,
    request,
    entities: (representations, selection, viewer) =>
      request(
        `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`,
        { representations },
        viewer,
      ),
    async statementsDuring(run) {
      const list: string[] = []
      statements.add(list)
      await run()
      statements.delete(list)
      return list
    },
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The configuration of a subgraph in a test: free port, small pool, no drain delay. */
export function testSubgraphConfig(databaseUrl: string, keysFile: string): SubgraphConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    admin: undefined,
    logLevel: 'info',
    production: false,
    database: {
      url: databaseUrl,
      poolMax: 10,
      connectWithinMs: 5000,
      statementTimeoutMs: 10_000,
      lockTimeoutMs: 5000,
    },
    trust: { kind: 'gateway', keysFile },
    drainDelayMs: 0,
  }
}
