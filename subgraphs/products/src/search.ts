import { badUserInput } from '@portico/service-kit/errors'
import { Prisma } from './generated/prisma/client.ts'

/** A search over products `p`. */
export interface Search {
  /** The condition that a product is found. */
  matches: Prisma.Sql
  /** How well it is found: an integer, so that cursors hold it exactly; from `EXACT` up if without a mistake. */
  rank: Prisma.Sql
}

/** Words are similar that share more than half of their trigrams: one letter wrong in six, but not in five. */
export const SEARCH_SETTINGS = { 'pg_trgm.word_similarity_threshold': '0.51' }

const EXACT = 1_000_000
/** A flag of ts_rank: divides by the logarithm of the length. */
const SHORTER_IS_BETTER = 1

const MOST_CHARACTERS = 100
/** In shorter words there is too little left beside a mistake to tell what was meant. */
const LONG_WORD = /[\p{L}\p{M}\p{N}]{4,}/gu
/** Shorter words share half of their trigrams with all that begin alike. */
const LEAST_SIMILAR = 5
/** Quotes, `-word` and `or` of websearch_to_tsquery: who uses them means what they write. */
const OPERATOR = /"|(^|\s)-|(^|\s)or(\s|$)/i

/**
 * Reads what a visitor searches for, in the syntax of `websearch_to_tsquery`; undefined when it is blank.
 *
 * A product is found when its text has the words, or else when its title has every longer word or something like it.
 * That depends on nothing but the product, and the former always rank above the latter: so pages are stable.
 *
 * @throws BAD_USER_INPUT when it is too long.
 */
export function parseSearch(search: string | null | undefined): Search | undefined {
  // Normalised first: one letter can stand for a whole phrase.
  const text = (search ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .normalize('NFKC')
    .trim()
  if (text === '') return undefined
  if (text.length > MOST_CHARACTERS) {
    throw badUserInput(`"search" must be at most ${MOST_CHARACTERS} characters.`, 'filter')
  }

  const query = queryOf(text)
  const exact = Prisma.sql`p.search_text @@ ${query}`
  const words = OPERATOR.test(text) ? [] : (text.match(LONG_WORD) ?? [])
  const similar = [...words.map(hasSimilar), Prisma.sql`NOT ${saysNothing(text)}`]
  return {
    matches: words.length === 0 ? exact : Prisma.sql`(${exact} OR (${Prisma.join(similar, ' AND ')}))`,
    rank: Prisma.sql`
      CASE
        WHEN ${exact} THEN ${EXACT}::int + floor(ts_rank(p.search_text, ${query}, ${SHORTER_IS_BETTER}::int) * 999999)::int
        ELSE floor(word_similarity(fold_text(${text}), p.title_key) * 999999)::int
      END`,
  }
}

/** Products come in several languages: words count as they are written, and by their English stem. */
function queryOf(text: string): Prisma.Sql {
  return Prisma.sql`(websearch_to_tsquery('simple', fold_text(${text})) || websearch_to_tsquery('english', fold_text(${text})))`
}

/** The title has something like the word, or the text has it but for two letters swapped, or it says nothing. */
function hasSimilar(word: string): Prisma.Sql {
  const spellings = [word, ...swapped(word)].join(' or ')
  const ways = [
    ...(word.length < LEAST_SIMILAR ? [] : [Prisma.sql`fold_text(${word}) <% p.title_key`]),
    Prisma.sql`p.search_text @@ ${queryOf(spellings)}`,
    saysNothing(word),
  ]
  return Prisma.sql`(${Prisma.join(ways, ' OR ')})`
}

/** "with", "from" and the like. */
function saysNothing(text: string): Prisma.Sql {
  return Prisma.sql`numnode(websearch_to_tsquery('english', fold_text(${text}))) = 0`
}

/** The word with each two neighbours swapped: the one mistake that leaves few trigrams as they were. */
function swapped(word: string): string[] {
  const letters = Array.from(word)
  return letters.slice(1).map((letter, index) =>
    letters
      .with(index, letter)
      .with(index + 1, letters[index] ?? '')
      .join(''),
  )
}
