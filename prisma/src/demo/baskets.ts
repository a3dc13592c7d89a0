import type { Catalogue, ProductVariantRow } from './catalogue.ts'
import type { Random } from './random.ts'
import { HEAVIEST_PARCEL } from './shipping.ts'

export interface BasketItem {
  variant: ProductVariantRow
  quantity: number
}

/**
 * Fills baskets of one to five variants that one parcel holds. They are of active and archived products that were there
 * at the time; some sell far better than others.
 */
export function createBaskets(random: Random, { products, variants }: Catalogue): (time: Date) => BasketItem[] {
  const sold = new Map(products.flatMap(({ id, status, createdAt }) => (status === 'DRAFT' ? [] : [[id, createdAt]])))
  const byPopularity = random.shuffle(variants).flatMap((variant) => {
    const since = sold.get(variant.productId)
    return since ? [{ variant, since }] : []
  })

  function pick(time: Date): ProductVariantRow {
    for (;;) {
      const candidate = byPopularity[Math.floor(byPopularity.length * random.fraction() ** 1.5)]
      if (candidate && candidate.since < time) return candidate.variant
    }
  }

  return (time) => {
    const items: BasketItem[] = []
    const wanted = random.pick([1, 1, 1, 2, 2, 2, 3, 3, 4, 5])
    while (items.length < wanted) {
      const item = { variant: pick(time), quantity: random.pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4]) }
      const isNew = items.every(({ variant }) => variant !== item.variant)
      if (isNew && weightOf([...items, item]) <= HEAVIEST_PARCEL) items.push(item)
      else if (items.length > 0) break
    }
    return items
  }
}

/** In grams. */
export function weightOf(items: readonly BasketItem[]): number {
  return items.reduce((sum, { variant, quantity }) => sum + quantity * variant.weightGrams, 0)
}
