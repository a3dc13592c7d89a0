import type { Catalogue } from './catalogue.ts'

/** A variant as orders know it. */
export interface CatalogueVariantRow {
  variantId: string
  productId: string
  sku: string
  title: string
  price: number
  currency: string
  weightGrams: number
  forSale: boolean
  productVersion: number
}

/** The catalogue as products would tell orders of it, so that orders can be placed from the first moment on. */
export function copyCatalogue({ products, variants }: Catalogue): CatalogueVariantRow[] {
  const productOf = new Map(products.map((product) => [product.id, product]))
  return variants.flatMap(({ id, productId, sku, title, price, currency, weightGrams }) => {
    const product = productOf.get(productId)
    if (!product) return []
    const { status, version } = product
    const forSale = status === 'ACTIVE'
    return { variantId: id, productId, sku, title, price, currency, weightGrams, forSale, productVersion: version }
  })
}
