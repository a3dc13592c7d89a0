import { hasScopes, type Viewer } from '@portico/service-kit/viewer'
import { ProductStatus, type ProductVariant } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'

/**
 * How a viewer comes to a product: by browsing (queries, filters, search, look-ups), or along a reference from another
 * subgraph, such as an order line, which may lead to what is no longer sold.
 */
type Approach = 'browsing' | 'reference'

/** The statuses of products that exist for a viewer. */
export function visibleStatuses(viewer: Viewer, approach: Approach = 'browsing'): readonly ProductStatus[] {
  if (hasScopes(viewer, 'products:write')) return Object.values(ProductStatus)
  return approach === 'browsing' ? ['ACTIVE'] : ['ACTIVE', 'ARCHIVED']
}

/** The product as the viewer finds it: null when for them it does not exist. */
export function ifVisible<Product extends { status: ProductStatus }>(
  product: Product | null,
  viewer: Viewer,
  approach?: Approach,
): Product | null {
  return product && visibleStatuses(viewer, approach).includes(product.status) ? product : null
}

/** A variant exists for a viewer when its product does. */
export async function variantIfVisible(
  variant: ProductVariant | null,
  { viewer, loaders }: { viewer: Viewer; loaders: Loaders },
  approach?: Approach,
): Promise<ProductVariant | null> {
  if (!variant) return null
  const product = await loaders.product.load(variant.productId)
  return ifVisible(product, viewer, approach) && variant
}
