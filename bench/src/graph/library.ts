import { readFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import type { BenchGraph } from './graph.ts'
import type { MockRules } from './mock.ts'
import { numberOf, numbersOf } from './seeded.ts'

const FOLDER = new URL('../../graphs/library/', import.meta.url)

/** How many there are to refer to: few enough that a page meets the same ones again. */
const MEMBERS = 60
const BOOKS = 90
const AUTHORS = 40

const lastNumber = (text: unknown) => Number(/\d+$/.exec(String(text))?.[0])
const member = (number: number) => ({ id: `member-${number}` })
const book = (number: number) => ({ isbn: `978-0-${String(number).padStart(6, '0')}` })
const review = (number: number) => ({ id: `review-${number}` })
const author = (number: number) => ({ id: `author-${number}` })
const firsts = <T>(first: unknown, make: (number: number) => T): T[] =>
  Array.from({ length: Number(first) }, (_, number) => make(number))

/** So many for each, a little more or less. */
const reviewsOf = (seed: string) =>
  numbersOf(seed, { count: 2 + (numberOf(seed) % 3), below: 100_000 }).map((number) => review(number))

const rules: MockRules = {
  entities: {
    Member: ({ id }) => lastNumber(id),
    Book: ({ isbn }) => lastNumber(isbn),
    Review: ({ id }) => lastNumber(id),
    Author: ({ id }) => lastNumber(id),
  },
  fields: {
    'Query.members': (_, { first }) => firsts(first, member),
    'Query.newest': (_, { first }) => firsts(first, (number) => book(BOOKS - 1 - number)),
    'Query.books': (_, { first }) => firsts(first, book),
    'Book.authors': ({ seed }) => numbersOf(seed, { count: 1 + (numberOf(seed) % 2), below: AUTHORS }).map(author),
    'Book.reviews': ({ seed }) => reviewsOf(`${seed}.reviews`),
    'Member.reviews': ({ seed }) => reviewsOf(`${seed}.reviews`),
    'Review.stars': ({ seed }) => 1 + (numberOf(`${seed}.stars`) % 5),
    'Review.book': ({ seed }) => book(numberOf(`${seed}.book`) % BOOKS),
    'Review.reviewer': ({ seed }) => member(numberOf(`${seed}.reviewer`) % MEMBERS),
    'Book.loanDays': (of) => {
      const pages = Number(of.required('pages'))
      return of.required('format') === 'AUDIO' ? 7 : 14 + Math.floor(pages / 100)
    },
  },
}

const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8')

/** Five subgraphs around books: members, catalogue, authors, reviews and shelves. */
export function libraryGraph(): BenchGraph {
  return graphOf((name) => read(`${name}.graphql`))
}

/** The same graph, of which birthdays are for who is signed in, and lists may be asked for so often only. */
export function guardedLibrary(): BenchGraph {
  const limits = read('rate-limits.graphql')
  return graphOf((name) => {
    const sdl = read(`${name}.graphql`)
    if (name !== 'members' && name !== 'catalogue') return sdl
    const guarded = sdl
      .replace('["@key"]', '["@key", "@authenticated", "@composeDirective"]')
      .replaceAll(/^ {2}(members|newest|books)\(.*$/gm, '$& @rateLimit(limit: 100000000, duration: 60)')
      .replace('birthday: String', 'birthday: String @authenticated')
    return `${guarded}\n${limits}`
  })
}

function graphOf(sdlOf: (name: string) => string): BenchGraph {
  const names = ['members', 'catalogue', 'authors', 'reviews', 'shelves']
  const subgraphs = names.map((name) => ({ name, sdl: sdlOf(name) }))
  return {
    name: 'library',
    subgraphs,
    rules,
    owners: { Member: 'members', Book: 'catalogue', Author: 'authors', Review: 'reviews' },
    supergraph(urls) {
      const services = subgraphs.map(({ name, sdl }) => ({ name, url: urls[name] ?? '', typeDefs: parse(sdl) }))
      const { supergraphSdl, errors } = composeServices(services)
      if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'The library graph does not compose.')
      return supergraphSdl
    },
  }
}

/** The text of an operation of this graph. */
export function libraryDocument(name: 'Deep' | 'Wide'): string {
  return read(`${name}.graphql`)
}
