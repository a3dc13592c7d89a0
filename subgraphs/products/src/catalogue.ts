import { badUserInput } from '@portico/service-kit/errors'
import { parsePage, toConnection, type Connection, type PageArguments } from '@portico/service-kit/pagination'
import type { Viewer } from '@portico/service-kit/viewer'
import { Prisma, type PrismaClient } from './generated/prisma/client.ts'
import { conditionsOf, type ProductFilter } from './product-filter.ts'
import { between, orderBy, PRODUCT_ORDERS, type ListedProduct, type ProductSort } from './product-order.ts'
import { parseSearch } from './search.ts'
import { visibleStatuses } from './visibility.ts'

export interface ProductConnection extends Connection<ListedProduct> {
  /** Counts only when it is selected. */
  totalCount: () => Promise<number>
}

export interface CatalogueArguments extends PageArguments {
  filter?: ProductFilter | null | undefined
  sort?: ProductSort | null | undefined
}

export interface Catalogue {
  /** The products that a viewer may see, by filter, search and order; one statement for a page. */
  list(args: CatalogueArguments, viewer: Viewer): Promise<ProductConnection>
}

/** The lists of products. Amounts in filters are of `currency`, like the prices. */
export function createCatalogue(db: PrismaClient, currency: string): Catalogue {
  return {
    async list({ filter, sort, ...pageArguments }, viewer) {
      const search = parseSearch(filter?.search)
      if (sort === 'RELEVANCE' && !search) {
        throw badUserInput('The order RELEVANCE needs something to search for in "filter.search".', 'sort')
      }
      const order = PRODUCT_ORDERS[sort ?? (search ? 'RELEVANCE' : 'NEWEST')]
      const page = parsePage(pageArguments, order.cursors)
      const conditions = conditionsOf(filter ?? {}, { statuses: visibleStatuses(viewer), currency })
      const found = Prisma.join(search ? [...conditions, search.matches] : conditions, ' AND ')

      const rows = await db.$queryRaw<ListedProduct[]>`
        SELECT p.id, p.slug, p.title, p.description, p.status, p.category_id AS "categoryId", p.min_price AS "minPrice",
          p.max_price AS "maxPrice", p.currency, p.created_at AS "createdAt", p.version, p.title_key AS "titleKey", p.rank
        FROM (SELECT p.*, ${search?.rank ?? UNRANKED} AS rank FROM product p WHERE ${found}) p
        WHERE ${Prisma.join([Prisma.sql`TRUE`, ...between(order, page)], ' AND ')}
        ORDER BY ${orderBy(order, page)}
        LIMIT ${page.limit + 1}`
      return {
        ...toConnection(rows, page, (product) => order.cursors.encode([order.valueOf(product), product.id])),
        async totalCount() {
          const [row] = await db.$queryRaw<[{ count: number }]>`SELECT count(*)::int FROM product p WHERE ${found}`
          return row.count
        },
      }
    },
  }
}

const UNRANKED = Prisma.sql`0`
