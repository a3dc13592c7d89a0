import { z } from 'zod'
import { badUserInput } from './errors.ts'

/** Relay's arguments: https://relay.dev/graphql/connections.htm */
export interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** What to read: `limit` rows that follow `after` (or precede `before`, nearest first when backward). */
export interface Page<Key> {
  direction: 'forward' | 'backward'
  limit: number
  after: Key | undefined
  before: Key | undefined
}

/** The GraphQL type `PageInfo`. */
export interface PageInfo {
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor: string | null
  endCursor: string | null
}

/** What a GraphQL connection is made of, but for what a list adds itself, such as `totalCount`. */
export interface Connection<Node> {
  edges: { cursor: string; node: Node }[]
  nodes: Node[]
  pageInfo: PageInfo
}

/** Most items that a page may have; more is refused, never capped in silence. */
const PAGE_MAX = 100
const PAGE_DEFAULT = 20

/**
 * Cursors of one ordering. A cursor holds the name of the ordering and the position of its row (sort values and id),
 * never an offset, so that pages stay put while rows come and go. Its text is opaque: base64url of JSON.
 */
export interface Ordering<Key> {
  encode(key: Key): string
  /** @throws BAD_USER_INPUT for a cursor of another ordering, or none of ours. */
  decode(cursor: string, argumentName: string): Key
}

/**
 * An instant as part of an ordering's key: ISO 8601 in UTC, such as `Date.toISOString` writes it. PostgreSQL has no
 * year 0, so a cursor that someone made up with it is refused like any other that is none of ours.
 */
export const instantKey = z.iso.datetime().refine((text) => !text.startsWith('0000'))

/** An id as part of an ordering's key: any UUID, whatever its version. */
export const idKey = z.guid()

/**
 * The cursors of an ordering called `name`, which must differ from those of other lists. `key` describes the position as
 * JSON can carry it: dates and bigints as strings.
 */
export function createOrdering<Key>(name: string, key: z.ZodType<Key>): Ordering<Key> {
  const envelope = z.tuple([z.literal(name), key])
  return {
    encode: (position) => Buffer.from(JSON.stringify([name, position])).toString('base64url'),
    decode(cursor, argumentName) {
      try {
        return envelope.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))[1]
      } catch {
        throw badUserInput(`"${argumentName}" is not a cursor of this list in this order.`, argumentName)
      }
    },
  }
}

/**
 * Checks the arguments of a connection. The default page is 20 forward.
 *
 * @throws BAD_USER_INPUT for a negative size, one above 100, or both `first` and `last`.
 */
export function parsePage<Key>(args: PageArguments, ordering: Pick<Ordering<Key>, 'decode'>): Page<Key> {
  for (const name of ['first', 'last'] as const) {
    const size = args[name]
    if (size == null) continue
    if (size < 0) throw badUserInput(`"${name}" must not be negative.`, name)
    if (size > PAGE_MAX) throw badUserInput(`"${name}" must be at most ${PAGE_MAX}.`, name)
  }
  if (args.first != null && args.last != null) throw badUserInput('Give "first" or "last", not both.', 'last')
  return {
    direction: args.last == null ? 'forward' : 'backward',
    limit: args.last ?? args.first ?? PAGE_DEFAULT,
    after: args.after == null ? undefined : ordering.decode(args.after, 'after'),
    before: args.before == null ? undefined : ordering.decode(args.before, 'before'),
  }
}

/**
 * Makes a connection of the rows that a page's query found. Ask the database for `page.limit + 1` rows in the page's
 * direction: the one too many tells whether there are more.
 */
export function toConnection<Row, Key>(
  rows: readonly Row[],
  page: Page<Key>,
  cursorOf: (row: Row) => string,
): Connection<Row> {
  const more = rows.length > page.limit
  const kept = rows.slice(0, page.limit)
  if (page.direction === 'backward') kept.reverse()
  const edges = kept.map((node) => ({ cursor: cursorOf(node), node }))
  return {
    edges,
    nodes: kept,
    pageInfo: {
      hasNextPage: page.direction === 'forward' ? more : page.before !== undefined,
      hasPreviousPage: page.direction === 'backward' ? more : page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

/**
 * The one key that a look-up names of its alternatives.
 *
 * @throws BAD_USER_INPUT when it names none, or several.
 */
export function exactlyOneOf<Name extends string>(
  args: Readonly<Partial<Record<Name, string | null | undefined>>>,
  names: readonly Name[],
): { name: Name; value: string } {
  const given = names.flatMap((name) => {
    const value = args[name]
    return value == null ? [] : [{ name, value }]
  })
  const [only] = given
  if (only === undefined || given.length > 1) {
    throw badUserInput(`Give exactly one of ${names.map((name) => `"${name}"`).join(' and ')}.`)
  }
  return only
}
