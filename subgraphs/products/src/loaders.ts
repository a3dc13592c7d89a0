import { isId, isStorable } from '@portico/service-kit/ids'
import type { Connection } from '@portico/service-kit/pagination'
import DataLoader from 'dataloader'
import { SIBLINGS } from './categories.ts'
import type { Category, PrismaClient, Product, ProductVariant } from './generated/prisma/client.ts'
import { inventoryOf, type Inventory } from './inventory.ts'
import { readVariants, type VariantPage } from './variants.ts'

/** They load what there is; who may see it is settled where a viewer comes to it. */
export type Loaders = {
  product: DataLoader<string, Product | null>
  productBySlug: DataLoader<string, Product | null>
  variant: DataLoader<string, ProductVariant | null>
  variantBySku: DataLoader<string, ProductVariant | null>
  variantsOf: DataLoader<VariantPage, Connection<ProductVariant>, string>
  /** By variant. */
  inventory: DataLoader<string, Inventory | null>
  category: DataLoader<string, Category | null>
  categoryBySlug: DataLoader<string, Category | null>
  childrenOf: DataLoader<string, Category[]>
}

/** One set per request: a page of products costs one statement per key, however long it is. */
export function createLoaders(db: PrismaClient, now: () => number): Loaders {
  return {
    product: loadById((ids) => db.product.findMany({ where: { id: { in: ids } } })),
    productBySlug: loadByName(
      (slugs) => db.product.findMany({ where: { slug: { in: slugs } } }),
      ({ slug }) => slug,
    ),
    variant: loadById((ids) => db.productVariant.findMany({ where: { id: { in: ids } } })),
    variantBySku: loadByName(
      (skus) => db.productVariant.findMany({ where: { sku: { in: skus } } }),
      ({ sku }) => sku,
    ),
    variantsOf: new DataLoader((pages) => readVariants(db, pages), { cacheKeyFn: (page) => JSON.stringify(page) }),
    inventory: new DataLoader(async (variantIds: readonly string[]) => {
      const asOf = new Date(now())
      const rows = await db.inventory.findMany({ where: { variantId: { in: [...variantIds] } } })
      const byVariant = new Map(rows.map((row) => [row.variantId, inventoryOf(row, asOf)]))
      return variantIds.map((id) => byVariant.get(id) ?? null)
    }),
    category: loadById((ids) => db.category.findMany({ where: { id: { in: ids } } })),
    categoryBySlug: loadByName(
      (slugs) => db.category.findMany({ where: { slug: { in: slugs } } }),
      ({ slug }) => slug,
    ),
    childrenOf: new DataLoader(async (parentIds: readonly string[]) => {
      const children = await db.category.findMany({
        where: { parentId: { in: [...parentIds] } },
        orderBy: SIBLINGS,
      })
      const byParent = Map.groupBy(children, ({ parentId }) => parentId)
      return parentIds.map((id) => byParent.get(id) ?? [])
    }),
  }
}

function loadById<Row extends { id: string }>(find: (ids: string[]) => PromiseLike<Row[]>) {
  return new DataLoader<string, Row | null>(async (ids) => {
    const rows = await find(ids.filter(isId))
    const byId = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
  })
}

function loadByName<Row>(find: (names: string[]) => PromiseLike<Row[]>, nameOf: (row: Row) => string) {
  return new DataLoader<string, Row | null>(async (names) => {
    const rows = await find(names.filter(isStorable))
    const byName = new Map(rows.map((row) => [nameOf(row), row]))
    return names.map((name) => byName.get(name) ?? null)
  })
}
