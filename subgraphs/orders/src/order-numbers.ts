import { randomBytes } from 'node:crypto'

/**
 * An order number as it is stored, such as "P-4F7K-22", from how someone wrote it down on the phone: in any case, with O
 * for 0, with I or L for 1, with blanks and dashes in other places or none. Undefined when it can't be an order number.
 *
 * The symbols are those of Crockford's base 32, without I, L, O and U: https://www.crockford.com/base32.html
 */
export function normaliseOrderNumber(text: string): string | undefined {
  const symbols = text
    .toUpperCase()
    .replaceAll(/[\s\p{Dash_Punctuation}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  return /^P[0-9A-HJKMNP-TV-Z]{6}$/.test(symbols) ? `P-${symbols.slice(1, 5)}-${symbols.slice(5)}` : undefined
}

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A number for a new order, at random out of 2³⁰: it tells nothing of how many there are. */
export function drawOrderNumber(): string {
  const symbols = Array.from(randomBytes(6), (byte) => SYMBOLS.charAt(byte % SYMBOLS.length)).join('')
  return `P-${symbols.slice(0, 4)}-${symbols.slice(4)}`
}
