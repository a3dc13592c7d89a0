import { burstOf } from './graph/burst.ts'
import { commerceDocument } from './graph/commerce.ts'
import type { BenchGraph } from './graph/graph.ts'
import { libraryDocument } from './graph/library.ts'

/** An operation and how it is sent. */
export interface Workload {
  name: string
  title: string
  /** How it is built, for a reader of the result; in Markdown. */
  about?: string
  graph: BenchGraph['name']
  /** By which hand-written programs know it. */
  operation: string
  connections: number
  query: string
  variables: Readonly<Record<string, unknown>>
  /** Operations that are sent once each instead, a set for each round: their planning is measured. */
  burst?: (round: number) => readonly { query: string; variables: Readonly<Record<string, unknown>> }[]
}

/** The deep query answers about 90 kB for so many. */
const DEEP = { members: 9, books: 9 }
/** And 0.5 MB for so many. */
const LARGE = { members: 54, books: 54 }

/** What only the files in graphs/library and the data tell; the rest is counted. */
const ABOUT_DEEP =
  'It joins five subgraphs by their entities: members → reviews → catalogue → shelves and authors, and the same from ' +
  'the newest books; `loanDays` `@requires` pages and format; by the schema lists and their items may be null, though ' +
  'in this data none is.'

const USUAL_CONNECTIONS = 50
const BURST_SIZE = 200

const deep = (name: string, title: string, connections: number, variables = DEEP): Workload => ({
  name,
  title,
  graph: 'library',
  operation: 'Deep',
  connections,
  query: libraryDocument('Deep'),
  variables,
})

/** A list of so many, joined with another subgraph. */
export const wide = (items: number, connections: number): Workload => ({
  name: `wide-${items}`,
  title: `a list of ${items.toLocaleString('en')} items, joined with another subgraph`,
  graph: 'library',
  operation: 'Wide',
  connections,
  query: libraryDocument('Wide'),
  variables: { first: items },
})

const commerce = (name: string, title: string, operation: string, variables: object): Workload => ({
  name,
  title,
  graph: 'commerce',
  operation,
  connections: USUAL_CONNECTIONS,
  query: commerceDocument(operation),
  variables: { ...variables },
})

export const workloads: readonly Workload[] = [
  { ...deep('deep', 'the deep query', USUAL_CONNECTIONS), about: ABOUT_DEEP },
  deep('deep-1', 'the deep query, one connection', 1),
  deep('deep-500', 'the deep query, 500 connections', 500),
  deep('large', 'the deep query with an answer of 0.5 MB', 20, LARGE),
  commerce('small', 'commerce: a variant by its SKU, one fetch', 'VariantBySku', { sku: 'sku-3' }),
  commerce('product-page', 'commerce: product page', 'ProductPage', { slug: 'product-slug-5', countryCode: 'DE' }),
  commerce('order-history', 'commerce: order history', 'MyOrders', { first: 10 }),
  wide(100, USUAL_CONNECTIONS),
  wide(1000, 20),
  wide(10_000, 4),
  {
    ...deep('burst', `${BURST_SIZE} operations that were never seen, once each`, 10),
    operation: 'Burst',
    burst: (round) => burstOf(round, BURST_SIZE),
  },
]
