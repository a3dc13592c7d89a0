import { LRUCache } from 'lru-cache'

/** The types of an answer to a GraphQL request, in the order in which they are preferred where a client has no wish. */
export const MEDIA_TYPES = ['application/json', 'application/graphql-response+json'] as const

export type MediaType = (typeof MEDIA_TYPES)[number]

/** How well a range of an `accept` header fits a type. */
interface Match {
  quality: number
  /** 2: it names the type; 1: its half; 0: it is any. */
  precision: number
  /** Where it is in the header. */
  position: number
}

const NAMES_TYPE = 2

/** Clients send the same few; others may send anything. */
const known = new LRUCache<string, { type: MediaType | undefined }>({ max: 100 })
const LONGEST_KNOWN = 500

/**
 * The type that an `accept` header wants most (RFC 9110, section 12.5.1); undefined when it accepts none. Without a header
 * it is `application/json`, as GraphQL over HTTP has it. Parameters other than `q` make no difference.
 */
export function mediaTypeFor(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || accept === '') return MEDIA_TYPES[0]
  const remembered = known.get(accept)
  if (remembered) return remembered.type
  const type = negotiate(accept)
  if (accept.length <= LONGEST_KNOWN) known.set(accept, { type })
  return type
}

function negotiate(accept: string): MediaType | undefined {
  const ranges = accept.split(',').map(parseRange)
  return MEDIA_TYPES.map((type) => ({ type, match: bestMatch(type, ranges) }))
    .filter(({ match }) => match.quality > 0)
    .toSorted((one, other) => compare(one.match, other.match))[0]?.type
}

function parseRange(text: string, position: number) {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const [, quality = '1'] = parameters.map((parameter) => /^q\s*=\s*"?([\d.]+)/.exec(parameter)).find(Boolean) ?? []
  return { name, quality: Number(quality), position }
}

/** The range that names a type most precisely says how much it is wanted. */
function bestMatch(type: MediaType, ranges: readonly ReturnType<typeof parseRange>[]): Match {
  let best: Match = { quality: 0, precision: -1, position: ranges.length }
  for (const { name, quality, position } of ranges) {
    const precision = name === type ? NAMES_TYPE : name === 'application/*' ? 1 : name === '*/*' ? 0 : -1
    if (precision > best.precision) best = { quality, precision, position }
  }
  return best
}

function compare(one: Match, other: Match): number {
  return other.quality - one.quality || other.precision - one.precision || one.position - other.position
}
