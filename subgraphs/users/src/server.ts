import { openDatabase } from '@portico/service-kit/database'
import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic } from '@portico/service-kit/periodic'
import { startSubgraph, type Subgraph } from '@portico/service-kit/subgraph'
import { createAccounts } from './accounts.ts'
import { createAddresses } from './addresses.ts'
import { createAdministration } from './administration.ts'
import type { UsersConfig } from './config.ts'
import type { Context, Domain } from './context.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { createLoaders } from './loaders.ts'
import { resolvers } from './resolvers.ts'
import { createSessions } from './sessions.ts'
import { createSignInThrottle } from './sign-in-throttle.ts'
import { loadSigningKeys } from './signing-keys.ts'

export interface UsersDependencies {
  log: Logger
  /** The clock of sessions, tokens and throttles. Default the system's. */
  now?: () => number
  /** Told of each SQL statement. */
  onStatement?: (sql: string) => void
}

/** Starts the users subgraph: accounts, sessions, addresses, roles and plans. */
export async function startUsers(config: UsersConfig, dependencies: UsersDependencies): Promise<Subgraph> {
  const { log, now = Date.now, onStatement } = dependencies
  await using stack = new AsyncDisposableStack()

  const database = stack.use(
    openDatabase((options) => new PrismaClient(options), config.subgraph.database, {
      service: 'users',
      log,
      onStatement,
    }),
  )
  const db = database.client

  const { tokens } = config
  const keys = stack.use(
    await loadSigningKeys({ folder: tokens.signingKeysFolder, tokenLifetimeS: tokens.accessLifetimeS, log, now }),
  )
  const sessions = createSessions({ db, tokens, keys, now })
  const throttle = createSignInThrottle(db, now)
  const domain: Domain = {
    db,
    accounts: createAccounts({ db, sessions, throttle, now }),
    addresses: createAddresses(db),
    administration: createAdministration(db, now),
  }
  const prune = async () => {
    await sessions.prune()
    await throttle.prune()
  }
  stack.use(startPeriodic({ name: 'prune sessions', everyMs: 3_600_000, run: prune, log }))

  const subgraph = stack.use(
    await startSubgraph<Context>({
      name: 'users',
      config: config.subgraph,
      log,
      schemaFile: new URL('../schema.graphql', import.meta.url),
      resolvers,
      context: (request) => ({ ...request, ...domain, loaders: createLoaders(db) }),
      checks: [database.check],
      poolUse: database.poolUse,
      routes: (app) => {
        app.get('/.well-known/jwks.json', async (_, reply) =>
          reply.header('cache-control', 'public, max-age=60').send({ keys: keys.published() }),
        )
      },
    }),
  )
  const running = stack.move()
  return { ...subgraph, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
