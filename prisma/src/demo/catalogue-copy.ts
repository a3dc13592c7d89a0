import type { Catalogue } from './catalogue.ts'

/** A product as orders know it. */
export interface CatalogueProductRow {
  id: string
  version: number
}

/** A variant that is for sale, as orders know it. */
export interface CatalogueVariantRow {
  variantId: string
  productId: string
  sku: string
  title: string
  price: number
  currency: string
  weightGrams: number
}

/** The catalogue as products would tell orders of it, so that orders can be placed from the first moment on. */
export function copyCatalogue({ products, variants }: Catalogue): {
  products: CatalogueProductRow[]
  variants: CatalogueVariantRow[]
} {
  const forSale = new Set(products.filter(({ status }) => status === 'ACTIVE').map(({ id }) => id))
  return {
    products: products.map(({ id, version }) => ({ id, version })),
    variants: variants
      .filter(({ productId }) => forSale.has(productId))
      .map(({ id: variantId, productId, sku, title, price, currency, weightGrams }) => {
        return { variantId, productId, sku, title, price, currency, weightGrams }
      }),
  }
}
