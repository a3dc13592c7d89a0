import { isHeaderLine, parseResponseHead, ProtocolError, type ResponseHead } from './response-head.ts'

/** The body is larger than the limit. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

const LARGEST_HEAD_BYTES = 16_384
const LONGEST_CHUNK_LINE = 1024
const MOST_TRAILERS = 64
/** A length that was only announced is believed up to here; then memory grows with what has come. */
const LARGEST_ADVANCE_BYTES = 1_048_576
const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNK_SIZE = /^([0-9a-f]{1,8})[\t ]*(?:;[^\r\n\0]*)?$/i

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'done'

const NO_BODY = Buffer.alloc(0)

/**
 * Reads answers to POST from the bytes of a connection, one after the other, as RFC 9112 has them.
 *
 * Bytes are given as a view of memory that is used again after {@link read}; so is the body as long as one read
 * brought all of it, which saves copying most answers.
 */
export class ResponseReader {
  /** Of the answer that is being read, once it has come. */
  head: ResponseHead | undefined
  /** Whether the connection can carry another request, once the answer is read. */
  keepAlive = false
  /** Whether any byte of an answer has come. */
  started = false

  readonly #limitBytes: number
  #state: State = 'head'
  /** What has come of a head that is not complete. */
  #beginning: Buffer | undefined
  /** Of the body or of the current chunk. */
  #left = 0
  #line = ''
  #trailers = 0
  /** What has come of the body, as long as it is one piece of the memory that is used again. */
  #view: Buffer | undefined
  #stored: Buffer | undefined
  #size = 0
  #expectedSize = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Starts with the next answer. */
  reset(): void {
    this.started = false
    this.#state = 'head'
    this.head = undefined
    this.#beginning = undefined
    this.#line = ''
    this.#trailers = 0
    this.#expectedSize = 0
    this.releaseBody()
  }

  /** Lets go of the memory that holds the body, which may be large while the connection is idle. */
  releaseBody(): void {
    this.#view = undefined
    this.#stored = undefined
    this.#size = 0
  }

  /** The body, once it is complete; valid until the next read, or until it is released. */
  get body(): Buffer {
    return this.#stored?.subarray(0, this.#size) ?? this.#view ?? NO_BODY
  }

  /**
   * Takes what came; true when the answer is complete.
   *
   * @throws ProtocolError when it is no HTTP.
   * @throws BodyTooLargeError as soon as its body is known to be larger than the limit.
   */
  read(bytes: Buffer): boolean {
    this.started = true
    let rest = bytes
    let at = 0
    if (this.#state === 'head') {
      if (this.#beginning) rest = Buffer.concat([this.#beginning, bytes])
      const bodyStart = this.#readHeads(rest)
      this.#beginning = bodyStart === undefined ? Buffer.from(rest) : undefined
      if (bodyStart === undefined) return false
      at = bodyStart
    }
    while (!this.#isDone() && at < rest.length) at = this.#readBody(rest, at)
    if (!this.#isDone()) {
      this.#keepView()
      return false
    }
    // Nothing was asked for that these bytes could be the answer to.
    if (at < rest.length) this.keepAlive = false
    return true
  }

  /** The server has closed its end; true when this completes the answer. */
  end(): boolean {
    if (this.#state !== 'until-close') return false
    this.#state = 'done'
    return true
  }

  #isDone(): boolean {
    return this.#state === 'done'
  }

  /** Reads heads until one is of a final answer, and gives where its body begins; undefined: it has not come yet. */
  #readHeads(bytes: Buffer): number | undefined {
    let at = 0
    for (;;) {
      const end = bytes.indexOf(HEAD_END, at)
      if ((end < 0 ? bytes.length : end) > LARGEST_HEAD_BYTES) throw new ProtocolError('The head is too large.')
      if (end < 0) return undefined
      const head = parseResponseHead(bytes.toString('latin1', at, end))
      at = end + HEAD_END.length
      if (head.status === 101) throw new ProtocolError('It switched to another protocol.')
      if (head.status >= 200) {
        this.#beginBody(head)
        return at
      }
    }
  }

  #beginBody(head: ResponseHead): void {
    const { status, body } = head
    this.head = head
    this.keepAlive = head.keepAlive && body !== 'until-close'
    if (status === 204 || status === 304) {
      // What such an answer has no right to bring would be read as the next one.
      this.keepAlive &&= body === 0
      this.#state = 'done'
    } else if (body === 'chunked') {
      this.#state = 'chunk-size'
    } else if (body === 'until-close') {
      this.#state = 'until-close'
    } else {
      if (body > this.#limitBytes) throw new BodyTooLargeError(`It has ${body} bytes.`)
      this.#left = body
      this.#expectedSize = body
      this.#state = body === 0 ? 'done' : 'length'
    }
  }

  /** Reads one piece of the body from `at` on; gives where the next begins. */
  #readBody(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'until-close':
        this.#append(bytes, at, bytes.length)
        return bytes.length
      case 'length':
      case 'chunk': {
        const end = Math.min(at + this.#left, bytes.length)
        this.#append(bytes, at, end)
        this.#left -= end - at
        if (this.#left === 0) this.#state = this.#state === 'length' ? 'done' : 'chunk-end'
        return end
      }
      default:
        return this.#readLine(bytes, at)
    }
  }

  #readLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(10, at)
    this.#line += bytes.toString('latin1', at, newline < 0 ? bytes.length : newline)
    if (this.#line.length > LONGEST_CHUNK_LINE) throw new ProtocolError('A line between chunks is too long.')
    if (newline < 0) return bytes.length
    if (!this.#line.endsWith('\r')) throw new ProtocolError('A line between chunks ends without CR.')
    this.#endLine(this.#line.slice(0, -1))
    this.#line = ''
    return newline + 1
  }

  #endLine(line: string): void {
    if (this.#state === 'chunk-size') {
      const [, size] = CHUNK_SIZE.exec(line) ?? []
      if (size === undefined) throw new ProtocolError('A chunk has no size.')
      this.#left = Number.parseInt(size, 16)
      this.#checkSize(this.#left)
      this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    } else if (this.#state === 'chunk-end') {
      if (line !== '') throw new ProtocolError('A chunk is longer than its size.')
      this.#state = 'chunk-size'
    } else if (line === '') {
      this.#state = 'done'
    } else if (!isHeaderLine(line)) {
      throw new ProtocolError('A trailer is no header.')
    } else if (++this.#trailers > MOST_TRAILERS) {
      throw new ProtocolError('There are too many trailers.')
    }
  }

  #append(bytes: Buffer, start: number, end: number): void {
    this.#checkSize(end - start)
    if (this.#size === 0) {
      this.#view = bytes.subarray(start, end)
      this.#size = end - start
      return
    }
    this.#keepView()
    const stored = this.#reserve(end - start)
    bytes.copy(stored, this.#size, start, end)
    this.#size += end - start
  }

  #checkSize(more: number): void {
    if (this.#size + more <= this.#limitBytes) return
    throw new BodyTooLargeError(`It has over ${this.#limitBytes} bytes.`)
  }

  /** Copies what is a view of memory that is about to be used again. */
  #keepView(): void {
    const view = this.#view
    if (!view) return
    this.#view = undefined
    this.#size = 0
    view.copy(this.#reserve(view.length))
    this.#size = view.length
  }

  #reserve(more: number): Buffer {
    const needed = this.#size + more
    if (this.#stored && this.#stored.length >= needed) return this.#stored
    const expected = Math.min(this.#expectedSize, LARGEST_ADVANCE_BYTES)
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, expected, (this.#stored?.length ?? 0) * 2))
    this.#stored?.copy(larger, 0, 0, this.#size)
    this.#stored = larger
    return larger
  }
}
