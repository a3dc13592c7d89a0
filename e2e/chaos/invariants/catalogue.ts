import { isDeepStrictEqual } from 'node:util'
import { indexBy, type Invariant, type Violation } from './violation.ts'

/** The orders' copy of the catalogue is the catalogue, and that has every acknowledged change. */
export const copyIsTheCatalogue: Invariant = (books, ledger) => {
  const copies = indexBy(books.copy, ({ variantId }) => variantId)
  const versions = new Map(books.catalogue.map(({ productId, productVersion }) => [productId, productVersion]))
  const differing = books.catalogue.flatMap((variant): Violation[] => {
    const copy = copies.get(variant.variantId)
    if (isDeepStrictEqual(copy, variant)) return []
    const detail = JSON.stringify({ is: variant, copy })
    return [{ rule: "the orders' copy is the catalogue", subject: variant.variantId, detail }]
  })
  const lost = ledger.productChanges
    .filter(({ productId, version }) => (versions.get(productId) ?? 0) < version)
    .map((change) => ({
      rule: 'every acknowledged change of a product is kept',
      subject: change.productId,
      detail: JSON.stringify(change),
    }))
  return [...differing, ...lost]
}
