import type { SubgraphContext } from '@portico/service-kit/subgraph'
import type { Catalogue } from './catalogue.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'
import type { Products } from './products.ts'
import type { Stock } from './stock.ts'

/** What lives as long as the process. */
export interface Domain {
  db: PrismaClient
  catalogue: Catalogue
  products: Products
  stock: Stock
}

export interface Context extends SubgraphContext, Domain {
  loaders: Loaders
}
