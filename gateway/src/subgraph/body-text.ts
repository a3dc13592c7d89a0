import { isUtf8 } from 'node:buffer'
import { losesDigits } from '../lossless-json.ts'

export interface BodyText {
  text: string
  /** As JSON: whether it is to be parsed with care. */
  losesDigits: boolean
}

/**
 * A body in UTF-8 as text, without a byte order mark, which parsers of JSON may pass over (RFC 8259, section 8.1);
 * undefined when it is something else, of which replacing a part would make wrong data.
 */
export function textOf(body: Buffer): BodyText | undefined {
  if (!isUtf8(body)) return undefined
  const isMarked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
  const bytes = isMarked ? body.subarray(3) : body
  return { text: bytes.toString(), losesDigits: losesDigits(bytes) }
}
