import { readFileSync } from 'node:fs'
import type { BenchGraph } from './graph.ts'
import type { MockRules } from './mock.ts'
import { dateOf, numberOf } from './seeded.ts'

const ROOT = new URL('../../../', import.meta.url)
const ORDERS_EACH = 10
const LINES_EACH = 4
const VARIANTS_EACH = 8

const lastNumber = (text: unknown) => Number(/\d+$/.exec(String(text))?.[0])
const count = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index))
const numberIn = (seed: string) => Number(seed.split(':')[1])

const product = (number: number) => ({ id: `product-${number}`, slug: `product-slug-${number}` })
const variant = (number: number) => ({ id: `variant-${number}` })
const order = (number: number) => ({ id: `order-${number}`, number: `P-${number}` })
const user = (number: number) => ({ id: `user-${number}` })

/** Ten of what is in pages. */
const ordersOf = (seed: string) => {
  const nodes = count(ORDERS_EACH, (index) => order(numberIn(seed) * ORDERS_EACH + index))
  return { nodes, edges: nodes.map((node, index) => ({ node, cursor: `cursor-${index}` })), totalCount: 40 }
}
const variantsOf = (seed: string) => {
  const nodes = count(VARIANTS_EACH, (index) => variant(numberIn(seed) * VARIANTS_EACH + index))
  return { nodes, edges: nodes.map((node, index) => ({ node, cursor: `cursor-${index}` })) }
}

const rules: MockRules = {
  entities: {
    Product: ({ id, slug }) => lastNumber(id ?? slug),
    ProductVariant: ({ id, sku }) => lastNumber(id ?? sku),
    Order: ({ id, number }) => lastNumber(id ?? number),
    User: ({ id }) => lastNumber(id),
  },
  fields: {
    'Query.me': () => user(7),
    'Query.product': (_, { id, slug }) => product(lastNumber(id ?? slug)),
    'Query.variant': (_, { id, sku }) => variant(lastNumber(id ?? sku)),
    'User.orders': ({ seed }) => ordersOf(seed),
    'Order.lines': ({ seed }) =>
      count(LINES_EACH, (index) => ({ id: `line-${index}`, variant: variant(numberOf(`${seed}/${index}`) % 500) })),
    'Order.customer': ({ seed }) => user(Math.floor(numberIn(seed) / ORDERS_EACH)),
    'Product.category': ({ seed }) => ({ id: `category-${numberIn(seed) % 20}`, parent: { id: 'category-100' } }),
    'Product.priceRange': () => ({}),
    'Product.variants': ({ seed }) => variantsOf(seed),
    'ProductVariant.sku': ({ seed }) => `sku-${numberIn(seed)}`,
    'ProductVariant.product': ({ seed }) => product(Math.floor(numberIn(seed) / VARIANTS_EACH)),
    'ProductVariant.inventory': () => ({}),
    'ProductVariant.shippingEstimate': (of, { countryCode }) => {
      const grams = Number(of.required('weightGrams'))
      return { amount: (grams / 100 + String(countryCode).length).toFixed(2), currencyCode: 'EUR' }
    },
  },
  scalars: {
    CurrencyCode: () => 'EUR',
    DateTime: dateOf,
    Decimal: (seed) => ((numberOf(seed) % 100_000) / 100).toFixed(2),
  },
}

const owners = { User: 'users', Product: 'products', ProductVariant: 'products', Category: 'products', Order: 'orders' }

const composed = () => readFileSync(new URL('schema/supergraph.graphql', ROOT), 'utf8')
const subgraphs = () =>
  ['users', 'products', 'orders'].map((name) => ({
    name,
    sdl: readFileSync(new URL(`subgraphs/${name}/schema.graphql`, ROOT), 'utf8'),
  }))

/** The graph of this repository. */
export function guardedCommerce(): BenchGraph {
  return { name: 'commerce', subgraphs: subgraphs(), rules, owners, supergraph: (urls) => withUrls(composed(), urls) }
}

/** The same without its rules for who may see what: Apollo Gateway runs no graph that has some. */
export function commerceGraph(): BenchGraph {
  return {
    name: 'commerce',
    subgraphs: subgraphs().map(({ name, sdl }) => ({ name, sdl: withoutRules(sdl) })),
    rules,
    owners,
    supergraph: (urls) => withUrls(withoutRules(composed()), urls),
  }
}

function withUrls(sdl: string, urls: Readonly<Record<string, string>>): string {
  return sdl.replaceAll(
    /@join__graph\(name: "(\w+)", url: "[^"]*"\)/g,
    (_, name: string) => `@join__graph(name: "${name}", url: "${urls[name] ?? ''}")`,
  )
}

function withoutRules(sdl: string): string {
  return sdl
    .replaceAll(/^ *@link\(.*for: SECURITY\)$\n/gm, '')
    .replaceAll(/^directive @(authenticated|requiresScopes)\b.*$\n/gm, '')
    .replaceAll(/^scalar requiresScopes__Scope$(\n {2}@.*$)*/gm, '')
    .replaceAll(/,? ?"@(authenticated|requiresScopes)"/g, '')
    .replaceAll(/ @authenticated\b| @requiresScopes\(scopes: [^)]*\)/g, '')
}

/** The text of an operation of the storefront. */
export function commerceDocument(name: string): string {
  return readFileSync(new URL(`schema/operations/storefront/${name}.graphql`, ROOT), 'utf8')
}
