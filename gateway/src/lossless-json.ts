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

/** Every double has at least fifteen digits that it does not change. */
const FEWEST_LOST = 16

/**
 * Parses a JSON text. Numbers of too many digits for JavaScript are `JSON.rawJSON` objects; those that are too large, such
 * as 1e400, become infinite.
 *
 * @throws SyntaxError
 */
export function parseLossless(text: string): unknown {
  return losesDigits(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

/**
 * Whether some number of a JSON text would lose digits. Of so many characters in a row one is at a multiple of their
 * number: looking at these only is ten times faster than parsing the text. Most long numbers are doubles that were
 * written to their last digit; parsing with a function takes seven times as long, for nothing then.
 */
function losesDigits(text: string): boolean {
  for (let at = FEWEST_LOST - 1; at < text.length; at += FEWEST_LOST) {
    if (!isOfNumber(text.charCodeAt(at))) continue
    let start = at
    let end = at + 1
    while (isOfNumber(text.charCodeAt(start - 1))) start -= 1
    while (isOfNumber(text.charCodeAt(end))) end += 1
    if (end - start >= FEWEST_LOST && isLostAt(text, start)) return true
    // Each row is walked once: a text of nothing but points would be walked from each of them.
    at = end
  }
  return false
}

const NUMBER = /-?[\d.]+(?:e[+-]?\d+)?/iy
/** What stands before or behind a number. */
const EDGES: ReadonlySet<string | undefined> = new Set([undefined, ' ', '\t', '\r', '\n', ':', ',', '[', ']', '}'])

/** Whether the number whose digits begin at `start` is not held. Digits of a string mostly have other neighbours. */
function isLostAt(text: string, start: number): boolean {
  const first = text[start - 1] === '-' ? start - 1 : start
  NUMBER.lastIndex = first
  const [source = ''] = NUMBER.exec(text) ?? []
  const isNumber = EDGES.has(text[first - 1]) && EDGES.has(text[first + source.length])
  return isNumber && !isHeld(Number(source), source)
}

/** Digits and the point; NaN, which stands for beyond the text, is none. */
function isOfNumber(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46
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
