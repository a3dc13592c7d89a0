import zlib from 'node:zlib'

type Limit = { maxOutputLength: number }
type Done = (error: unknown, plain?: Buffer) => void
interface Coding {
  now: (bytes: Buffer, limit: Limit) => Buffer
  later: (bytes: Buffer, limit: Limit, done: Done) => void
}

const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ['deflate', { now: zlib.inflateSync, later: zlib.inflate }],
  ['br', { now: zlib.brotliDecompressSync, later: zlib.brotliDecompress }],
  ['zstd', { now: zlib.zstdDecompressSync, later: zlib.zstdDecompress }],
  ['gzip', { now: zlib.gunzipSync, later: zlib.gunzip }],
])

/** The content codings that can be read, as `accept-encoding` lists them. */
export const READABLE_CODINGS = [...CODINGS.keys()].join(', ')

/** Up to here, handing it to another thread and back would take three times the CPU that decompressing does. */
const LARGEST_AT_ONCE_BYTES = 32_768

export interface ContentCodingOptions {
  /** The value of `content-encoding`, in lower case. */
  coding: string
  /** Most bytes that may come out; no more are ever held. */
  limitBytes: number
}

/**
 * Takes a content coding off a body and calls `done`, before it returns if the body is small. What is large is
 * decompressed in another thread, and copied before; the bytes that were given are never used later. It fails when the
 * body is not in this coding, or in one that can not be read, such as several; see {@link grewTooLarge}.
 */
export function decompress(bytes: Buffer, { coding, limitBytes }: ContentCodingOptions, done: Done): void {
  // RFC 9110, section 8.4.1.3, has them equal.
  const known = CODINGS.get(coding === 'x-gzip' ? 'gzip' : coding)
  const limit = { maxOutputLength: limitBytes }
  if (!known) {
    done(new Error(`The content encoding ${coding} can not be read.`))
  } else if (bytes.length > LARGEST_AT_ONCE_BYTES) {
    known.later(Buffer.from(bytes), limit, done)
  } else {
    let plain: Buffer
    try {
      plain = known.now(bytes, limit)
    } catch (error) {
      done(error)
      return
    }
    done(undefined, plain)
  }
}

/** Whether what failed was that more came out than was allowed. */
export function grewTooLarge(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
