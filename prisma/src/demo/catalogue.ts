import { DEMO_DATE, daysBefore } from './calendar.ts'
import { CLOTHING } from './departments/clothing.ts'
import { HOME } from './departments/home.ts'
import { KITCHEN } from './departments/kitchen.ts'
import { OUTDOOR } from './departments/outdoor.ts'
import type { Noun, Option, Shelf } from './departments/shelf.ts'
import { STUDY } from './departments/study.ts'
import type { Random } from './random.ts'
import { slugOf, words } from './words.ts'

export interface CategoryRow {
  id: string
  slug: string
  name: string
  parentId: string | null
  position: number
}

export interface ProductRow {
  id: string
  slug: string
  title: string
  description: string | null
  status: 'DRAFT' | 'ACTIVE' | 'ARCHIVED'
  categoryId: string
  minPrice: number
  maxPrice: number
  currency: string
  createdAt: Date
  version: number
}

export interface ProductVariantRow {
  id: string
  productId: string
  sku: string
  title: string
  price: number
  currency: string
  weightGrams: number
  position: number
}

export interface Catalogue {
  categories: CategoryRow[]
  products: ProductRow[]
  variants: ProductVariantRow[]
}

/** The currency of the demo shop. */
export const DEMO_CURRENCY = 'EUR'

const DEPARTMENTS = [HOME, KITCHEN, OUTDOOR, CLOTHING, STUDY]
const PRODUCT_COUNT = 500

/** What one in three products is called besides; search has to cope with its letters. */
const SERIES = words('Åre, Brühl, Coimbra, Évora, Fårö, Genève, Hallstatt, Kraków, Malmö, Orléans, Skåne, Zürich')

/** Two levels of categories, and on the lower one products with one to four variants. */
export function generateCatalogue(random: Random): Catalogue {
  const catalogue: Catalogue = { categories: [], products: [], variants: [] }
  const shelves = DEPARTMENTS.flatMap((department, position) => {
    const parent = createCategory(random, { name: department.name, parentId: null, position })
    catalogue.categories.push(parent)
    return department.shelves.map((shelf, index) => {
      const category = createCategory(random, { name: shelf.name, parentId: parent.id, position: index })
      catalogue.categories.push(category)
      return { shelf, category, goods: random.shuffle(goodsOf(shelf)) }
    })
  })
  for (let number = 0; number < PRODUCT_COUNT; number += 1) {
    const { shelf, category, goods } = at(shelves, number % shelves.length)
    const { adjective, noun } = at(goods, Math.floor(number / shelves.length))
    const title = [adjective, noun[0], ...(random.chance(1 / 3) ? [random.pick(SERIES)] : [])].join(' ')
    const product = { id: random.uuid(), title, sku: `${shelf.code}-${1_000 + number}` }
    const variants = createVariants(random, { product, noun, options: pickOptions(random, shelf.options) })
    catalogue.variants.push(...variants)
    catalogue.products.push(createProduct(random, { product, shelf, categoryId: category.id, variants }))
  }
  return catalogue
}

function createCategory(random: Random, category: Pick<CategoryRow, 'name' | 'parentId' | 'position'>): CategoryRow {
  return { id: random.uuid(), slug: slugOf(category.name), ...category }
}

function goodsOf({ adjectives, nouns }: Shelf): { adjective: string; noun: Noun }[] {
  return nouns.flatMap((noun) => adjectives.map((adjective) => ({ adjective, noun })))
}

/** Neighbours among the options, so that no size is missing in between. */
function pickOptions(random: Random, options: readonly Option[]): readonly Option[] {
  const count = Math.min(random.pick([1, 1, 2, 2, 2, 3, 3, 3, 4, 4]), options.length)
  const first = random.integer(0, options.length - count)
  return options.slice(first, first + count)
}

interface Named {
  id: string
  title: string
  sku: string
}

function createVariants(
  random: Random,
  { product, noun, options }: { product: Named; noun: Noun; options: readonly Option[] },
): ProductVariantRow[] {
  const [, least, most, grams] = noun
  const cents = random.integer(least, most) * 100 - random.pick([0, 5, 10, 10, 10, 50])
  const plainWeight = grams * (0.85 + 0.3 * random.fraction())
  return options.map(({ title, code, factor }, position) => ({
    id: random.uuid(),
    productId: product.id,
    sku: options.length === 1 ? product.sku : `${product.sku}-${code}`,
    title: options.length === 1 ? product.title : `${product.title}, ${title}`,
    price: factor === 1 ? cents : Math.round((cents * factor) / 10) * 10,
    currency: DEMO_CURRENCY,
    weightGrams: Math.ceil((plainWeight * factor) / 5) * 5,
    position,
  }))
}

function createProduct(
  random: Random,
  given: { product: Named; shelf: Shelf; categoryId: string; variants: readonly ProductVariantRow[] },
): ProductRow {
  const { product, shelf, categoryId, variants } = given
  const status = random.pick(STATUSES)
  const [from, to] = status === 'DRAFT' ? [40, 1] : status === 'ARCHIVED' ? [900, 200] : random.pick(AGES)
  const prices = variants.map(({ price }) => price)
  return {
    id: product.id,
    slug: slugOf(product.title),
    title: product.title,
    description: status === 'DRAFT' && random.chance(0.4) ? null : describe(random, shelf),
    status,
    categoryId,
    minPrice: Math.min(...prices),
    maxPrice: Math.max(...prices),
    currency: DEMO_CURRENCY,
    createdAt: random.moment(daysBefore(DEMO_DATE, from), daysBefore(DEMO_DATE, to)),
    version: status === 'DRAFT' ? 1 : random.integer(2, 7),
  }
}

const STATUSES = [...Array<'ACTIVE'>(14).fill('ACTIVE'), 'DRAFT', 'ARCHIVED'] as const

/** Since how many days products are sold: most for longer than the year of the orders. */
const AGES = [
  [900, 366],
  [900, 366],
  [366, 3],
] as const

function describe(random: Random, { about }: Shelf): string {
  return about.map((sentences) => random.pick(sentences)).join(' ')
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new RangeError(`There are only ${items.length}`)
  return item
}
