import type { Logger } from '@portico/service-kit/logger'
import { startSubgraph } from '@portico/service-kit/subgraph'
import type { SubgraphConfig } from '@portico/service-kit/subgraph-config'
import { findContainer, findPart, partsIn, partsOfBin, partsOfPlace, type Container, type PartKey } from './stock.ts'

interface KeeperReference {
  email: string
  partsCounted?: number
  yearsEmployed?: number
}

const resolvers = {
  Query: {
    part: (_: unknown, { id }: { id: string }) => findPart({ id }),
    misplaced: () => {
      throw new Error('no shelf 12 in /var/lib/inventory/shelves.db')
    },
  },
  Part: {
    __resolveReference: (key: PartKey) => findPart(key),
  },
  Bin: {
    parts: ({ aisle, shelf }: { aisle: { number: number }; shelf: number }) => partsOfBin(aisle.number, shelf),
  },
  Keeper: {
    name: ({ email }: KeeperReference) => email.split('@')[0],
    partsCountedPerYear: ({ partsCounted = 0, yearsEmployed = 1 }: KeeperReference) => partsCounted / yearsEmployed,
  },
  Place: {
    parts: ({ id }: { id: string }) => partsOfPlace(id),
  },
  Container: {
    __resolveReference: ({ id }: { id: string }) => findContainer(id),
  },
  Crate: { parts: ({ partIds }: Container) => partsIn(partIds) },
  Box: { parts: ({ partIds }: Container) => partsIn(partIds) },
}

/** A whole subgraph on the kit: its schema, its domain, and this. */
export const startInventory = (config: Omit<SubgraphConfig, 'database'>, log: Logger) =>
  startSubgraph({
    name: 'inventory',
    config,
    log,
    schemaFile: new URL('./inventory.graphql', import.meta.url),
    resolvers,
    context: (request) => request,
    checks: [],
    details: () => ({ shelves: 12 }),
  })
