/**
 * JSON whose numbers keep their digits. JavaScript has no number for 9007199254740993 or 0.12345678901234567; where a text
 * holds such a number of many digits, it is parsed into an object that `JSON.stringify` writes as the same digits.
 *
 * Source: https://tc39.es/proposal-json-parse-with-source/, which Node 24 has.
 */

/** A number as it stood in a text. */
export interface RawNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): RawNumber
    isRawJSON(value: unknown): value is RawNumber
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  }
}

/** Whether a parsed value is what JSON writes in braces: neither a list nor a number that kept its digits. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

/**
 * Parses a JSON text. Numbers of too many digits for JavaScript are `JSON.rawJSON` objects; those that are too large, such
 * as 1e400, become infinite. Whoever has the text in bytes has already asked whether it {@link losesDigits}.
 *
 * @throws SyntaxError
 */
export function parseLossless(text: string, loses = losesDigits(Buffer.from(text))): unknown {
  return loses ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

/** Every double has at least fifteen digits that it does not change. */
const FEWEST_LOST = 16
const HALF = FEWEST_LOST / 2

/**
 * Whether some number of a JSON text in UTF-8 would lose digits. A row of so many digits and points has one at a multiple
 * of their number, and another half as far before or behind it: looking at these only takes 3 % of what `JSON.parse` does.
 * Most long numbers are doubles that were written to their last digit; parsing with a function takes seven times as long,
 * for nothing then.
 */
export function losesDigits(bytes: Buffer): boolean {
  const size = bytes.length
  for (let at = FEWEST_LOST - 1; at < size; at += FEWEST_LOST) {
    if (!isOfRow(bytes[at])) continue
    if (!isOfRow(bytes[at - HALF]) && !(at + HALF < size && isOfRow(bytes[at + HALF]))) continue
    let start = at
    let end = at + 1
    while (start > 0 && isOfRow(bytes[start - 1])) start -= 1
    while (end < size && isOfRow(bytes[end])) end += 1
    // Each row is walked once: a text of nothing but points would be walked from each of them.
    at = end
    if (end - start < FEWEST_LOST) continue
    while (at < size && isOfNumber(bytes[at])) at += 1
    if (isLost(bytes, { start, end: at })) return true
  }
  return false
}

/** Digits and the point. */
function isOfRow(byte: number | undefined): boolean {
  return byte !== undefined && byte <= 57 && (byte >= 48 || byte === 46)
}

/** The exponent as well. */
function isOfNumber(byte: number | undefined): boolean {
  return isOfRow(byte) || byte === 101 || byte === 69 || byte === 43 || byte === 45
}

const MINUS = 45
const NUMBER = /^-?[\d.]+(?:e[+-]?\d+)?$/i
/** What stands before or behind a number. */
const EDGES: ReadonlySet<number | undefined> = new Set([undefined, ...Buffer.from(' \t\r\n:,[]}')])

/** Whether what stands there is a number that is not held. Digits of a string mostly have other neighbours. */
function isLost(bytes: Buffer, { start, end }: { start: number; end: number }): boolean {
  const first = bytes[start - 1] === MINUS ? start - 1 : start
  if (!EDGES.has(bytes[first - 1]) || !EDGES.has(bytes[end])) return false
  const source = bytes.toString('latin1', first, end)
  return NUMBER.test(source) && !isHeld(Number(source), source)
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || isHeld(value, source)) return value
  return JSON.rawJSON(source)
}

/** Whether a number means the same as its source: 1.50 is 1.5, and 1e3 is 1000. */
function isHeld(value: number, source: string): boolean {
  return String(value) === source || (Number.isFinite(value) && digitsOf(String(value)) === digitsOf(source))
}

/** The significant digits and where the point is, written in one way. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  let end = digits.length
  // A pattern would look for the end from each zero of a long row.
  while (digits[end - 1] === '0') end -= 1
  const significant = digits.slice(0, end)
  if (significant === '') return `${sign}0`
  return `${sign}${significant}e${Number(exponent) - fraction.length + (digits.length - significant.length)}`
}
