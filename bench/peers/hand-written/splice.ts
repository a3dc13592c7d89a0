import type { Askers } from './ask.ts'
import type { DeepVariables } from './main.ts'
import { createBodies } from './queries.ts'

const bodies = createBodies({ hasEnds: true })

/**
 * Never parses what passes through: bytes stay bytes (read and written as Latin-1), keys are found by the text around
 * them, and what other subgraphs know is put in behind them. That works because no quote stands in a text of JSON
 * without a backslash, so `"isbn":"` can be nothing but a key, and `,"end":"` nothing but the end of an object.
 */
export async function answerBySplicing(ask: Askers, variables: DeepVariables): Promise<Buffer> {
  const membersAsked = ask.members(bodies.members(variables.members))
  const newestAsked = ask.catalogue(bodies.newest(variables.books))
  const newest = itemsOf((await newestAsked).toString('latin1'), '"newest":[')
  const newestIsbns = valuesAfter(newest, '"isbn":"')
  const lendables = newestIsbns.map((isbn, index) => lendable(isbn, newest.filter(isThere)[index] ?? ''))
  const newestShelvesAsked = ask.shelves(bodies.newestShelves(lendables.join()))
  const newestAuthorIds = authorIdsIn(newest)
  const newestAuthorsAsked = ask.authors(bodies.newestAuthors(keys(newestAuthorIds, 'Author', 'id')))
  const members = itemsOf((await membersAsked).toString('latin1'), '"members":[')
  const memberIds = valuesAfter(members, '"id":"')
  const reviewed = bodies.reviews(keys(memberIds, 'Member', 'id'), keys(newestIsbns, 'Book', 'isbn'))
  const reviews = (await ask.reviews(reviewed)).toString('latin1')

  const isbns = new Set<string>()
  const nestedIsbns = new Set<string>()
  const reviewerIds = new Set<string>()
  const newestReviewerIds = new Set<string>()
  const middle = reviews.indexOf(',"b":[')
  const memberSites = sitesIn(reviews, [0, middle], { isbns, nestedIsbns, reviewerIds })
  const bookSites = sitesIn(reviews, [middle, reviews.length], { isbns, nestedIsbns, reviewerIds: newestReviewerIds })
  const reviewersAsked = ask.members(
    bodies.reviewers(keys(reviewerIds, 'Member', 'id'), keys(newestReviewerIds, 'Member', 'id')),
  )
  const nestedKeys = keys(nestedIsbns, 'Book', 'isbn')
  const cardsText = (await ask.catalogue(bodies.cards(keys(isbns, 'Book', 'isbn'), nestedKeys))).toString('latin1')
  const cards = byKey(isbns, itemsOf(cardsText, '"a":['))
  const titles = byKey(nestedIsbns, itemsOf(cardsText, '"b":['))
  const shelvesAsked = ask.shelves(
    bodies.shelves([...cards].map(([isbn, text]) => lendable(isbn, text)).join(), nestedKeys),
  )
  const authorIds = authorIdsIn(cards.values())
  const authorsAsked = ask.authors(bodies.authors(keys(authorIds, 'Author', 'id')))

  const newestAuthors = byKey(newestAuthorIds, itemsOf((await newestAuthorsAsked).toString('latin1'), '"a":['))
  const newestShelves = itemsOf((await newestShelvesAsked).toString('latin1'), '"a":[')
  const reviewersText = (await reviewersAsked).toString('latin1')
  const reviewers = byKey(reviewerIds, itemsOf(reviewersText, '"a":['))
  const newestReviewers = byKey(newestReviewerIds, itemsOf(reviewersText, '"b":['))
  const authors = byKey(authorIds, itemsOf((await authorsAsked).toString('latin1'), '"a":['))
  const shelvesText = (await shelvesAsked).toString('latin1')
  const shelves = byKey(cards.keys(), itemsOf(shelvesText, '"a":['))
  const availables = byKey(nestedIsbns, itemsOf(shelvesText, '"b":['))

  const books = new Map<string, string>()
  for (const [isbn, text] of cards) {
    const at = text.indexOf(',"authors":')
    books.set(isbn, `,${text.slice(0, at)},${shelves.get(isbn) ?? ''}${withAuthors(text.slice(at), authors)}`)
  }
  const nested = new Map<string, string>()
  for (const [isbn, text] of titles) nested.set(isbn, `,${text},${availables.get(isbn) ?? ''}`)

  const memberReviews = itemsOf(spliced(reviews, [0, middle], memberSites, [books, nested, reviewers]), '"a":[')
  let text = '{"data":{"members":['
  let index = 0
  for (const [number, member] of members.entries()) {
    if (number > 0) text += ','
    text += member === undefined ? 'null' : `{${member},${memberReviews[index++] ?? ''}}`
  }
  const ends: [number, number] = [middle, reviews.length]
  const bookReviews = itemsOf(spliced(reviews, ends, bookSites, [books, nested, newestReviewers]), '"b":[')
  text += '],"newest":['
  index = 0
  for (const [number, book] of newest.entries()) {
    if (number > 0) text += ','
    if (book === undefined) {
      text += 'null'
      continue
    }
    const at = book.indexOf(',"publisher":')
    const list = withAuthors(book.slice(at), newestAuthors)
    text += `{${book.slice(0, at)},${newestShelves[index] ?? ''}${list},${bookReviews[index++] ?? ''}}`
  }
  return Buffer.from(`${text}]}}`, 'latin1')
}

const isThere = (text: string | undefined) => text !== undefined

const END = ',"end":"'
const OPENING_BRACE = 0x7b
const CLOSING_BRACKET = 0x5d

/** The texts between the braces of a list's objects, without their ends; undefined for null. */
function itemsOf(text: string, listStart: string): (string | undefined)[] {
  const items: (string | undefined)[] = []
  for (let at = text.indexOf(listStart) + listStart.length; text.charCodeAt(at) !== CLOSING_BRACKET;) {
    if (text.charCodeAt(at) === OPENING_BRACE) {
      const end = text.indexOf(END, at)
      items.push(text.slice(at + 1, end))
      at = text.indexOf('}', end) + 1
    } else {
      items.push(undefined)
      at += 'null'.length
    }
    if (text.charCodeAt(at) !== CLOSING_BRACKET) at++
  }
  return items
}

function valuesAfter(items: readonly (string | undefined)[], marker: string): string[] {
  const values: string[] = []
  for (const text of items) {
    if (text === undefined) continue
    const start = text.indexOf(marker) + marker.length
    values.push(text.slice(start, text.indexOf('"', start)))
  }
  return values
}

function keys(values: Iterable<string>, type: string, key: string): string {
  let text = ''
  for (const value of values) text += `,{"__typename":"${type}","${key}":"${value}"}`
  return text.slice(1)
}

/** Pages and format follow each other, since they were asked for so. */
function lendable(isbn: string, text: string): string {
  const start = text.indexOf('"pages":')
  const format = text.indexOf('"format":"', start) + '"format":"'.length
  return `{"__typename":"Book","isbn":"${isbn}",${text.slice(start, text.indexOf('"', format) + 1)}}`
}

const AUTHOR = '{"id":"'

function authorIdsIn(texts: Iterable<string | undefined>): Set<string> {
  const ids = new Set<string>()
  for (const text of texts) {
    if (text === undefined) continue
    for (let at = text.indexOf(AUTHOR); at >= 0; at = text.indexOf(AUTHOR, at + 1)) {
      ids.add(text.slice(at + AUTHOR.length, text.indexOf('"', at + AUTHOR.length)))
    }
  }
  return ids
}

function withAuthors(list: string, authors: ReadonlyMap<string, string>): string {
  let text = ''
  let from = 0
  for (let at = list.indexOf(AUTHOR); at >= 0; at = list.indexOf(AUTHOR, from)) {
    const end = list.indexOf('"', at + AUTHOR.length)
    text += `${list.slice(from, end + 1)},${authors.get(list.slice(at + AUTHOR.length, end)) ?? ''}`
    from = end + 1
  }
  return text + list.slice(from)
}

function byKey(of: Iterable<string>, texts: readonly (string | undefined)[]): Map<string, string> {
  const found = new Map<string, string>()
  let index = 0
  for (const key of of) {
    const text = texts[index++]
    if (text !== undefined) found.set(key, text)
  }
  return found
}

/** Places behind a key where more of its object belongs: which kind of object, its key, and the offset. */
interface Sites {
  kinds: number[]
  keys: string[]
  ends: number[]
}

/** Kinds of sites; numbers of the maps that tell what is put in. */
const BOOK = 0
const NESTED = 1
const REVIEWER = 2

const ISBN_MARK = '"isbn":"'
const REVIEWER_MARK = '"reviewer":{"id":"'
const COMMA = 0x2c

function sitesIn(
  text: string,
  [from, to]: readonly [number, number],
  found: Record<'isbns' | 'nestedIsbns' | 'reviewerIds', Set<string>>,
): Sites {
  const sites: Sites = { kinds: [], keys: [], ends: [] }
  const add = (kind: number, start: number, keysOfKind: Set<string>): number => {
    const end = text.indexOf('"', start)
    const key = text.slice(start, end)
    keysOfKind.add(key)
    sites.kinds.push(kind)
    sites.keys.push(key)
    sites.ends.push(end + 1)
    return end
  }
  const next = (mark: string, at: number) => {
    const place = text.indexOf(mark, at)
    return place < 0 || place > to ? to : place
  }
  let isbnAt = next(ISBN_MARK, from)
  let reviewerAt = next(REVIEWER_MARK, from)
  while (isbnAt < to || reviewerAt < to) {
    if (isbnAt < reviewerAt) {
      // A book of which reviews were asked as well goes on.
      const start = isbnAt + ISBN_MARK.length
      const isNested = text.charCodeAt(text.indexOf('"', start) + 1) !== COMMA
      const end = isNested ? add(NESTED, start, found.nestedIsbns) : add(BOOK, start, found.isbns)
      isbnAt = next(ISBN_MARK, end)
    } else {
      reviewerAt = next(REVIEWER_MARK, add(REVIEWER, reviewerAt + REVIEWER_MARK.length, found.reviewerIds))
    }
  }
  return sites
}

function spliced(
  text: string,
  [from, to]: readonly [number, number],
  { kinds, keys: found, ends }: Sites,
  [books, nested, reviewers]: readonly [...ReadonlyMap<string, string>[]],
): string {
  let out = ''
  let at = from
  for (const [index, end] of ends.entries()) {
    const kind = kinds[index]
    const key = found[index] ?? ''
    out += text.slice(at, end)
    if (kind === REVIEWER) out += `,${reviewers?.get(key) ?? ''}`
    else out += (kind === BOOK ? books : nested)?.get(key) ?? ''
    at = end
  }
  return out + text.slice(at, to)
}
