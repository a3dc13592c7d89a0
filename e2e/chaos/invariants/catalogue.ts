import { isDeepStrictEqual } from 'node:util'
import { indexBy, type Invariant, type Violation } from './violation.ts'

/** The orders' copy of the catalogue is the catalogue, no more and no less, and that has every acknowledged change. */
export const copyIsTheCatalogue: Invariant = ({ catalogue, copy }, ledger) => {
  const versions = new Map(catalogue.products.map(({ productId, version }) => [productId, version]))
  const lost = ledger.productChanges
    .filter(({ productId, version }) => (versions.get(productId) ?? 0) < version)
    .map((change) => ({
      rule: 'every acknowledged change of a product is kept',
      subject: change.productId,
      detail: JSON.stringify(change),
    }))
  return [
    ...differences(catalogue.products, copy.products, ({ productId }) => productId),
    ...differences(catalogue.variants, copy.variants, ({ variantId }) => variantId),
    ...lost,
  ]
}

function differences<Row>(rows: readonly Row[], copies: readonly Row[], idOf: (row: Row) => string): Violation[] {
  const originals = indexBy(rows, idOf)
  const known = indexBy(copies, idOf)
  return [...new Set([...originals.keys(), ...known.keys()])]
    .filter((id) => !isDeepStrictEqual(originals.get(id), known.get(id)))
    .map((id) => {
      const detail = JSON.stringify({ is: originals.get(id), copy: known.get(id) })
      return { rule: "the orders' copy is the catalogue", subject: id, detail }
    })
}
