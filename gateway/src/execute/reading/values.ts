import { losesDigits } from '../../lossless-json.ts'
import {
  BACKSLASH,
  CLOSE_LIST,
  COMMA,
  LAST_ASCII,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  NINE,
  OPEN_LIST,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  UPPER_E,
  ZERO,
} from './characters.ts'
import type { Cursor } from './cursor.ts'

/**
 * Reads a value at the cursor as `JSON.parse` does (RFC 8259), and moves behind it; undefined: it is written in a way that
 * is not read here, or is none.
 */
export type Read = (cursor: Cursor) => unknown

/** In so many lists, of which nothing is known before, a value is at most: a stack has an end. */
const DEEPEST_LIST = 64

/** Four characters as one number, for the view of a cursor. */
const wordOf = (text: string) => Buffer.from(text, 'latin1').readInt32LE()
const NULL = wordOf('null')
const TRUE = wordOf('true')
const ALSE = wordOf('alse')

/** Reads a leaf, or a list of them. */
export function readLeaf(cursor: Cursor): unknown {
  const byte = cursor.bytes[cursor.at]
  if (byte === QUOTE) return readString(cursor)
  if (byte === LOWER_N) return skipsWord(cursor, NULL) ? null : undefined
  if (byte === LOWER_T) return skipsWord(cursor, TRUE) ? true : undefined
  if (byte === OPEN_LIST) return readLeafList(cursor)
  if (byte === LOWER_F) {
    cursor.at += 1
    return skipsWord(cursor, ALSE) ? false : undefined
  }
  return readNumber(cursor)
}

/** Reads an object with `read`, null, or a list of them. */
export function readNested(cursor: Cursor, read: Read): unknown {
  const byte = cursor.bytes[cursor.at]
  if (byte === OPEN_OBJECT) return read(cursor)
  if (byte === OPEN_LIST) return readList(cursor, () => readNested(cursor, read))
  return skipsWord(cursor, NULL) ? null : undefined
}

function readLeafList(cursor: Cursor): unknown[] | undefined {
  const start = cursor.at
  const list = readList(cursor, () => readLeaf(cursor))
  cursor.slowBytes += cursor.at - start
  return list
}

function readList(cursor: Cursor, readItem: () => unknown): unknown[] | undefined {
  const { bytes } = cursor
  if (cursor.depth === DEEPEST_LIST) return undefined
  const list: unknown[] = []
  cursor.at += 1
  if (bytes[cursor.at] === CLOSE_LIST) {
    cursor.at += 1
    return list
  }
  cursor.depth += 1
  for (;;) {
    const item = readItem()
    if (item === undefined) return undefined
    list.push(item)
    const byte = bytes[cursor.at]
    cursor.at += 1
    if (byte === CLOSE_LIST) break
    if (byte !== COMMA) return undefined
  }
  cursor.depth -= 1
  return list
}

/** Moves behind a text of ASCII, if it stands at the cursor. */
export function skips(cursor: Cursor, text: string): boolean {
  const isThere = cursor.text.startsWith(text, cursor.at)
  if (isThere) cursor.at += text.length
  return isThere
}

function skipsWord(cursor: Cursor, word: number): boolean {
  const { at } = cursor
  if (at + 4 > cursor.size || cursor.view.getInt32(at, true) !== word) return false
  cursor.at = at + 4
  return true
}

/** Reads a string whose quote is at the cursor. */
export function readString(cursor: Cursor): string | undefined {
  const { bytes, view, size } = cursor
  const start = cursor.at + 1
  let at = start
  while (at + 4 <= size && isPlain(view.getInt32(at, true))) at += 4
  for (;;) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      cursor.at = at + 1
      return cursor.text.substring(start, at)
    }
    if (byte === undefined || byte < SPACE || byte === BACKSLASH || byte > LAST_ASCII)
      return readOddString(cursor, start, at)
    at += 1
  }
}

/**
 * Whether all four bytes of a word are ASCII and stand for themselves. Subtracting sets the highest bit of a byte that is
 * less: of control characters, and of quotes and backslashes, which comparing makes zero; one beyond ASCII keeps its own in
 * one of them.
 */
function isPlain(word: number): boolean {
  const quotes = (word ^ 0x22222222) - 0x01010101
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
  return (((word - 0x20202020) | quotes | backslashes) & 0x80808080) === 0
}

/** Reads the rest of a string that has escapes or other characters than those of ASCII. */
function readOddString(cursor: Cursor, start: number, from: number): string | undefined {
  const { bytes } = cursor
  let isBeyondAscii = false
  let hasEscapes = false
  let at = from
  for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[at]) {
    if (byte === undefined || byte < SPACE) return undefined
    if (byte === BACKSLASH) hasEscapes = true
    if (byte > LAST_ASCII) isBeyondAscii = true
    at += byte === BACKSLASH ? 2 : 1
  }
  cursor.at = at + 1
  cursor.slowBytes += at - start
  if (isBeyondAscii) cursor.isBeyondAscii = true
  if (hasEscapes) cursor.hasEscapes = true
  const text = isBeyondAscii ? bytes.toString('utf8', start, at) : cursor.text.substring(start, at)
  return hasEscapes ? unescaped(text) : text
}

function unescaped(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}

/** A number of so many characters loses none, and one of so many digits is whole and small. */
const HELD = 15
const SMALL = 9

function readNumber(cursor: Cursor): number | undefined {
  const { bytes, at: start } = cursor
  const first = bytes[start] === MINUS ? start + 1 : start
  let whole = 0
  let at = first
  for (let byte = bytes[at]; isDigit(byte); byte = bytes[(at += 1)]) whole = whole * 10 + byte - ZERO
  if (at === first || (bytes[first] === ZERO && at > first + 1)) return undefined
  const byte = bytes[at]
  if (byte !== POINT && byte !== LOWER_E && byte !== UPPER_E && at - first <= SMALL) {
    cursor.at = at
    return first === start ? whole : -whole
  }
  const end = endOfNumber(bytes, at)
  if (end === undefined) return undefined
  if (end - start > HELD) {
    if (losesDigits(bytes.subarray(start, end))) return undefined
    cursor.slowBytes += end - start
  }
  cursor.at = end
  return Number(cursor.text.substring(start, end))
}

/** Where a number ends that may go on with a point and an exponent. */
function endOfNumber(bytes: Buffer, from: number): number | undefined {
  let at = from
  if (bytes[at] === POINT) {
    at = endOfDigits(bytes, at + 1)
    if (at === from + 1) return undefined
  }
  const byte = bytes[at]
  if (byte !== LOWER_E && byte !== UPPER_E) return at
  const sign = bytes[at + 1]
  const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1
  const end = endOfDigits(bytes, digits)
  return end === digits ? undefined : end
}

function endOfDigits(bytes: Buffer, from: number): number {
  let at = from
  while (isDigit(bytes[at])) at += 1
  return at
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}
