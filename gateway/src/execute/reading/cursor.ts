/** Where reading a text of JSON in UTF-8 has come to. */
export class Cursor {
  /** The next byte. */
  at = 0
  /** In how many lists that is which were not expected to be there. */
  depth = 0
  /** How many bytes were read in ways that are slower than parsing them. */
  slowBytes = 0
  /** Whether a string was written with escapes, and so may hold what has to be escaped again. */
  hasEscapes = false
  /** Whether a string has characters beyond ASCII: they are right only if all of the text is UTF-8. */
  isBeyondAscii = false
  readonly bytes: Buffer
  readonly size: number
  /** The same bytes, for reading four at once. */
  readonly view: DataView
  /** A character for each byte. */
  readonly text: string

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.size = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.text = bytes.toString('latin1')
  }
}
