import { randomInt } from 'node:crypto'

/** Crockford's base 32, without I, L, O and U: https://www.crockford.com/base32.html */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A new order number such as "P-4F7K-22", one of about a thousand million. It may be taken: the database's unique
 * constraint decides, and the caller draws again.
 *
 * `draw` returns an integer from 0 to below its argument; by default a cryptographic one, so that nobody can guess how
 * many orders there are or what the next number is.
 */
export function createOrderNumber(draw: (below: number) => number = randomInt): string {
  const symbols = Array.from({ length: 6 }, () => SYMBOLS.charAt(draw(SYMBOLS.length))).join('')
  return format(symbols)
}

/**
 * An order number as it is stored, from how someone wrote it down on the phone: in any case, with O for 0, with I or L
 * for 1, with blanks and dashes in other places or none. Undefined when it can't be an order number.
 */
export function normaliseOrderNumber(text: string): string | undefined {
  const symbols = text
    .toUpperCase()
    .replaceAll(/[\s\p{Dash_Punctuation}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  return /^P[0-9A-HJKMNP-TV-Z]{6}$/.test(symbols) ? format(symbols.slice(1)) : undefined
}

function format(symbols: string): string {
  return `P-${symbols.slice(0, 4)}-${symbols.slice(4)}`
}
