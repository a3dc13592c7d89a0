import type { SubgraphContext } from '@portico/service-kit/subgraph'
import type { Fulfilment } from './fulfilment.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'
import type { Placement } from './placement.ts'

/** What lives as long as the process. */
export interface Domain {
  db: PrismaClient
  fulfilment: Fulfilment
  placement: Placement
}

export interface Context extends SubgraphContext, Domain {
  loaders: Loaders
}
