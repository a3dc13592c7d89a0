/** A category of the shop's front page, with three categories that hold products. */
export interface Department {
  name: string
  shelves: readonly Shelf[]
}

/** A category with products, and what they are made up from. */
export interface Shelf {
  name: string
  /** Begins the skus. */
  code: string
  /** Every one goes with every noun. */
  adjectives: readonly string[]
  nouns: readonly Noun[]
  /** What the variants of a product differ in, in the order in which they are shown. */
  options: readonly Option[]
  /** What descriptions say, in this order: what it is, what it does for you, what to know about it. */
  about: readonly [what: readonly string[], why: readonly string[], note: readonly string[]]
}

export type Noun = readonly [title: string, leastEuros: number, mostEuros: number, grams: number]

export interface Option {
  title: string
  /** Ends the skus. */
  code: string
  /** How much more than the plain product it costs and weighs. */
  factor: number
}

/** Options that differ in size: `{ S: 1, M: 1.1 }`. */
export function sizes(factors: Readonly<Record<string, number>>): Option[] {
  return Object.entries(factors).map(([title, factor]) => ({ title, code: codeOf(title), factor }))
}

/** Options that cost the same, such as colours. */
export function kinds(titles: readonly string[]): Option[] {
  return titles.map((title) => ({ title, code: codeOf(title), factor: 1 }))
}

function codeOf(title: string): string {
  return title
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 5)
    .toUpperCase()
}
