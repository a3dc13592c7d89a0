import {
  createOrdering,
  parsePage,
  toConnection,
  type Connection,
  type Page,
  type PageArguments,
} from '@portico/service-kit/pagination'
import { z } from 'zod'
import type { PrismaClient, ProductVariant } from './generated/prisma/client.ts'

const byPosition = createOrdering('variants', z.int32())

/** A page of the variants of a product. */
export interface VariantPage {
  productId: string
  page: Page<number>
}

/** @throws BAD_USER_INPUT for arguments that can't be. */
export function parseVariantPage(productId: string, args: PageArguments): VariantPage {
  return { productId, page: parsePage(args, byPosition) }
}

/** Many pages in one statement, each in the order that the shop gave the variants of a product. */
export async function readVariants(
  db: PrismaClient,
  pages: readonly VariantPage[],
): Promise<Connection<ProductVariant>[]> {
  const productIds = pages.map(({ productId }) => productId)
  const after = pages.map(({ page }) => page.after ?? BEFORE_ALL)
  const sizes = pages.map(({ page }) => page.limit + 1)
  const rows = await db.$queryRaw<(ProductVariant & { asked: number })[]>`
    SELECT asked.index::int - 1 AS asked, v.id, v.product_id AS "productId", v.sku, v.title, v.price, v.currency,
      v.weight_grams AS "weightGrams", v.position
    FROM unnest(${productIds}::uuid[], ${after}::int[], ${sizes}::int[])
      WITH ORDINALITY AS asked (product_id, after, size, index)
    CROSS JOIN LATERAL (
      SELECT * FROM product_variant
      WHERE product_id = asked.product_id AND position > asked.after
      ORDER BY position
      LIMIT asked.size
    ) v
    ORDER BY asked.index, v.position`
  const byPage = Map.groupBy(rows, ({ asked }) => asked)
  return pages.map(({ page }, index) =>
    toConnection(byPage.get(index) ?? [], page, ({ position }) => byPosition.encode(position)),
  )
}

const BEFORE_ALL = -1
