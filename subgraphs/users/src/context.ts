import type { SubgraphContext } from '@portico/service-kit/subgraph'
import type { Accounts } from './accounts.ts'
import type { Addresses } from './addresses.ts'
import type { Administration } from './administration.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'

/** What lives as long as the process. */
export interface Domain {
  db: PrismaClient
  accounts: Accounts
  addresses: Addresses
  administration: Administration
}

export interface Context extends SubgraphContext, Domain {
  loaders: Loaders
}
