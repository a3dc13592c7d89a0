import type { Askers } from './ask.ts'
import type { DeepVariables } from './main.ts'
import { createBodies } from './queries.ts'

const bodies = createBodies({ hasEnds: false })

type Nullable<T> = T | null
interface Title {
  title: string
}
interface NestedReview {
  id: string
  stars: number
  text: Nullable<string>
  reviewer: Nullable<{ id: string; reviews: Nullable<Nullable<{ id: string; stars: number; book: Nullable<Isbn> }>[]> }>
}
interface Isbn {
  isbn: string
}
interface MemberReview {
  id: string
  stars: number
  text: Nullable<string>
  helpful: Nullable<number>
  book: Nullable<Isbn & { reviews: Nullable<Nullable<NestedReview>[]> }>
}
interface Member {
  id: string
  name: string
  handle: string
  birthday: Nullable<string>
}
interface Card extends Title {
  subtitle: Nullable<string>
  pages: number
  format: string
  authors: Nullable<Nullable<{ id: string }>[]>
}
interface NewestBook extends Card, Isbn {
  publisher: Nullable<string>
}
interface Shelf {
  available: Nullable<boolean>
  shelf: Nullable<string>
  loanDays: Nullable<number>
}
interface Author {
  name: string
  country: Nullable<string>
  bornYear?: Nullable<number>
}
interface Reviewer {
  name: string
  handle: string
  joinedYear?: Nullable<number>
}
interface Entities<A, B = never> {
  data: { a: Nullable<A>[]; b: Nullable<B>[] }
}
type Reviewed = { reviews: Nullable<Nullable<NestedReview>[]> }

/** Parses what subgraphs answer, joins it by keys, and writes the answer's text. */
export async function answerByParsing(ask: Askers, variables: DeepVariables): Promise<Buffer> {
  const membersAsked = ask.members(bodies.members(variables.members))
  const newestAsked = ask.catalogue(bodies.newest(variables.books))
  const newest = (json(await newestAsked) as { data: { newest: Nullable<NewestBook>[] } }).data.newest
  const newestBooks = newest.filter((book) => book !== null)
  const newestShelvesAsked = ask.shelves(bodies.newestShelves(newestBooks.map(lendable).join()))
  const newestAuthorIds = authorIds(newestBooks)
  const newestAuthorsAsked = ask.authors(bodies.newestAuthors(newestAuthorIds.map(authorKey).join()))
  const members = (json(await membersAsked) as { data: { members: Nullable<Member>[] } }).data.members
  const knownMembers = members.filter((member) => member !== null)
  const reviews = (
    json(
      await ask.reviews(
        bodies.reviews(
          knownMembers.map(({ id }) => memberKey(id)).join(),
          newestBooks.map(({ isbn }) => bookKey(isbn)).join(),
        ),
      ),
    ) as Entities<{ reviews: Nullable<Nullable<MemberReview>[]> }, Reviewed>
  ).data

  const isbns = new Set<string>()
  const nestedIsbns = new Set<string>()
  const reviewerIds = new Set<string>()
  const newestReviewerIds = new Set<string>()
  for (const member of reviews.a) {
    for (const review of member?.reviews ?? []) {
      if (!review?.book) continue
      isbns.add(review.book.isbn)
      collect(review.book.reviews, reviewerIds, nestedIsbns)
    }
  }
  for (const book of reviews.b) collect(book?.reviews ?? null, newestReviewerIds, nestedIsbns)
  const reviewersAsked = ask.members(
    bodies.reviewers([...reviewerIds].map(memberKey).join(), [...newestReviewerIds].map(memberKey).join()),
  )
  const cards = (
    json(
      await ask.catalogue(bodies.cards([...isbns].map(bookKey).join(), [...nestedIsbns].map(bookKey).join())),
    ) as Entities<Card, Title>
  ).data
  const cardByIsbn = byKey(isbns, cards.a)
  const titleByIsbn = byKey(nestedIsbns, cards.b)
  const lendables = [...cardByIsbn].map(([isbn, card]) => lendable({ isbn, ...card }))
  const shelvesAsked = ask.shelves(bodies.shelves(lendables.join(), [...nestedIsbns].map(bookKey).join()))
  const ids = authorIds(cards.a)
  const authorsAsked = ask.authors(bodies.authors(ids.map(authorKey).join()))

  const newestAuthorById = byKey(newestAuthorIds, (json(await newestAuthorsAsked) as Entities<Author>).data.a)
  const newestShelves = (json(await newestShelvesAsked) as Entities<Shelf>).data.a
  const reviewers = (json(await reviewersAsked) as Entities<Reviewer, Reviewer>).data
  const reviewerById = byKey(reviewerIds, reviewers.a)
  const newestReviewerById = byKey(newestReviewerIds, reviewers.b)
  const authorById = byKey(ids, (json(await authorsAsked) as Entities<Author>).data.a)
  const shelves = (json(await shelvesAsked) as Entities<Shelf, Pick<Shelf, 'available'>>).data
  const shelfByIsbn = byKey(cardByIsbn.keys(), shelves.a)
  const availableByIsbn = byKey(nestedIsbns, shelves.b)

  // The text of an entity that was fetched once is written once.
  const nestedBookTexts = new Map<string, string>()
  for (const isbn of nestedIsbns) {
    const title = titleByIsbn.get(isbn)
    const rest = `,"available":${availableByIsbn.get(isbn)?.available ?? null}}`
    nestedBookTexts.set(isbn, title ? `{"isbn":${quoted(isbn)},"title":${quoted(title.title)}${rest}` : 'null')
  }
  const reviewerTexts = (known: Map<string, Reviewer>) =>
    new Map([...known].map(([id, reviewer]) => [id, reviewerText(id, reviewer)]))
  const memberReviewers = reviewerTexts(reviewerById)
  const newestReviewers = reviewerTexts(newestReviewerById)
  const cardTexts = new Map<string, string>()
  for (const [isbn, card] of cardByIsbn) {
    const text = `{${cardText(isbn, card, shelfByIsbn.get(isbn))},"authors":${authorsText(card.authors, authorById)}`
    cardTexts.set(isbn, text)
  }

  let text = '{"data":{"members":['
  let reviewed = 0
  for (const [index, member] of members.entries()) {
    if (index > 0) text += ','
    if (!member) {
      text += 'null'
      continue
    }
    text += `{"id":${quoted(member.id)},"name":${quoted(member.name)},"handle":${quoted(member.handle)},"birthday":${quoted(member.birthday)},"reviews":`
    text += list(reviews.a[reviewed++]?.reviews ?? null, (review) => {
      const card = review.book && cardTexts.get(review.book.isbn)
      const book =
        review.book && card !== undefined
          ? `${card},"reviews":${nestedText(review.book.reviews, memberReviewers, nestedBookTexts)}}`
          : 'null'
      return `{"id":${quoted(review.id)},"stars":${review.stars},"text":${quoted(review.text)},"helpful":${review.helpful},"book":${book}}`
    })
    text += '}'
  }
  text += '],"newest":['
  let numbered = 0
  for (const [index, book] of newest.entries()) {
    if (index > 0) text += ','
    if (!book) {
      text += 'null'
      continue
    }
    const number = numbered++
    text += `{${cardText(book.isbn, book, newestShelves[number])},"publisher":${quoted(book.publisher)},"authors":${authorsText(book.authors, newestAuthorById)},"reviews":`
    text += `${nestedText(reviews.b[number]?.reviews ?? null, newestReviewers, nestedBookTexts)}}`
  }
  return Buffer.from(`${text}]}}`)
}

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

const memberKey = (id: string) => `{"__typename":"Member","id":${quoted(id)}}`
const bookKey = (isbn: string) => `{"__typename":"Book","isbn":${quoted(isbn)}}`
const authorKey = (id: string) => `{"__typename":"Author","id":${quoted(id)}}`
const lendable = ({ isbn, pages, format }: { isbn: string; pages: number; format: string }) =>
  `{"__typename":"Book","isbn":${quoted(isbn)},"pages":${pages},"format":"${format}"}`

function collect(reviews: Nullable<Nullable<NestedReview>[]>, reviewerIds: Set<string>, isbns: Set<string>): void {
  for (const review of reviews ?? []) {
    if (!review?.reviewer) continue
    reviewerIds.add(review.reviewer.id)
    for (const inner of review.reviewer.reviews ?? []) if (inner?.book) isbns.add(inner.book.isbn)
  }
}

function authorIds(books: readonly Nullable<Pick<Card, 'authors'>>[]): string[] {
  const ids = new Set<string>()
  for (const book of books) for (const author of book?.authors ?? []) if (author) ids.add(author.id)
  return [...ids]
}

function byKey<T>(keys: Iterable<string>, entities: readonly Nullable<T>[]): Map<string, T> {
  const found = new Map<string, T>()
  let index = 0
  for (const key of keys) {
    const entity = entities[index++]
    if (entity) found.set(key, entity)
  }
  return found
}

// oxlint-disable-next-line no-control-regex -- These are what JSON escapes.
const ESCAPED = /["\\\u0000-\u001f]/

function quoted(text: Nullable<string>): string {
  if (text === null) return 'null'
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}

function list<T>(items: Nullable<Nullable<T>[]>, write: (item: T) => string): string {
  if (!items) return 'null'
  let text = ''
  for (const item of items) text += item === null ? ',null' : `,${write(item)}`
  return `[${text.slice(1)}]`
}

function cardText(isbn: string, card: Card, shelf: Nullable<Shelf> | undefined): string {
  return `"isbn":${quoted(isbn)},"title":${quoted(card.title)},"subtitle":${quoted(card.subtitle)},"pages":${card.pages},"format":"${card.format}","available":${shelf?.available ?? null},"shelf":${quoted(shelf?.shelf ?? null)},"loanDays":${shelf?.loanDays ?? null}`
}

function authorsText(authors: Card['authors'], known: Map<string, Author>): string {
  return list(authors, ({ id }) => {
    const author = known.get(id)
    if (!author) return 'null'
    const born = author.bornYear === undefined ? '' : `,"bornYear":${author.bornYear}`
    return `{"id":${quoted(id)},"name":${quoted(author.name)},"country":${quoted(author.country)}${born}}`
  })
}

function reviewerText(id: string, { name, handle, joinedYear }: Reviewer): string {
  const joined = joinedYear === undefined ? '' : `,"joinedYear":${joinedYear}`
  return `{"id":${quoted(id)},"name":${quoted(name)},"handle":${quoted(handle)}${joined},"reviews":`
}

function nestedText(
  reviews: Nullable<Nullable<NestedReview>[]>,
  reviewers: Map<string, string>,
  books: Map<string, string>,
): string {
  return list(reviews, ({ id, stars, text, reviewer }) => {
    const start = reviewer && reviewers.get(reviewer.id)
    const written =
      reviewer && start !== undefined
        ? `${start}${list(reviewer.reviews, (inner) => {
            const book = inner.book ? books.get(inner.book.isbn) : 'null'
            return `{"id":${quoted(inner.id)},"stars":${inner.stars},"book":${book}}`
          })}}`
        : 'null'
    return `{"id":${quoted(id)},"stars":${stars},"text":${quoted(text)},"reviewer":${written}}`
  })
}
