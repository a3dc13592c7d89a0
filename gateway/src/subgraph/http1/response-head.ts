/** What came back is not HTTP/1.1 as RFC 9112 has it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** What matters of a head. */
export interface ResponseHead {
  status: number
  /** The value of `content-encoding`, in lower case; empty when there is none. */
  encoding: string
  /** Whether the server goes on listening when it has answered. */
  keepAlive: boolean
  /** For how long it does, if it says so. */
  keepAliveMs: number | undefined
  /** How the end of the body is told; a number is its size. */
  body: number | 'chunked' | 'until-close'
}

const STATUS_LINE = /^HTTP\/1\.[01] [1-5]\d\d(?: .*)?$/
/** A token (RFC 9110, section 5.6.2) and its colon, wherever it is looked for. */
const NAME = /[\w!#$%&'*+.^`|~-]+:/y
const HEADER_LINE = /^[\w!#$%&'*+.^`|~-]+:[^\r\n\0]*$/
const SPACE = 32
const TAB = 9
const SIZE = /^\d{1,15}$/
const KEEP_ALIVE_SECONDS = /(?:^|[,\s])timeout=(\d{1,6})(?:$|[,\s])/i

/**
 * Reads the head of an answer to POST, without the empty line at its end. Strict where parsers disagree: one with both a
 * length and chunks, with lengths that differ, folded lines, lines that end in CR or LF alone, names that are no tokens
 * or another transfer coding is none.
 *
 * @throws ProtocolError when it is none.
 */
export function parseResponseHead(head: string): ResponseHead {
  let lineEnd = endOfLine(head, 0)
  const statusLine = head.slice(0, lineEnd)
  if (!STATUS_LINE.test(statusLine)) throw new ProtocolError('There is no status line.')
  const isLatest = statusLine.startsWith('HTTP/1.1')
  const status = Number(statusLine.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
  if (head.includes('\0')) throw new ProtocolError('There is a NUL in the head.')
  let connection = ''
  let keepAliveMs: number | undefined
  let encoding = ''
  let length: string | undefined
  let coding: string | undefined

  while (lineEnd < head.length) {
    const start = lineEnd + 2
    lineEnd = endOfLine(head, start)
    NAME.lastIndex = start
    if (!NAME.test(head)) throw new ProtocolError('A header does not begin with a name.')
    const colon = NAME.lastIndex - 1
    // Most headers mean nothing here, and names of other lengths are not even cut out.
    const name = LENGTHS.has(colon - start) ? head.slice(start, colon).toLowerCase() : ''
    if (!NAMES.has(name)) continue
    const value = withoutSpaces(head.slice(colon + 1, lineEnd)).toLowerCase()
    if (name === 'connection') {
      connection += `,${value}`
    } else if (name === 'keep-alive') {
      const [, seconds] = KEEP_ALIVE_SECONDS.exec(value) ?? []
      keepAliveMs = seconds === undefined ? undefined : Number(seconds) * 1000
    } else if (name === 'content-encoding') {
      encoding += encoding === '' ? value : `, ${value}`
    } else if (name === 'transfer-encoding') {
      coding = coding === undefined ? value : `${coding}, ${value}`
    } else {
      if (length !== undefined && length !== value) throw new ProtocolError('There are lengths that differ.')
      length = value
    }
  }

  // HTTP/1.0 has no chunks: whoever passed them on may not know where they end (RFC 9112, section 6.1).
  const keepAlive = isLatest ? !holds(connection, 'close') : holds(connection, 'keep-alive') && coding === undefined
  return { status, encoding, keepAlive, keepAliveMs, body: bodyOf(status, length, coding) }
}

const NAMES: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'content-length',
  'content-encoding',
  'transfer-encoding',
])
const LENGTHS: ReadonlySet<number> = new Set([...NAMES].map(({ length }) => length))

/** Whether an option is one of those of a `connection` header. */
function holds(options: string, option: string): boolean {
  return options.includes(option) && options.split(',').map(withoutSpaces).includes(option)
}

/** Whether a line, without its end, is a header or trailer. */
export function isHeaderLine(line: string): boolean {
  return HEADER_LINE.test(line)
}

/** Where the line that begins at `start` ends; the last one has no end of its own. */
function endOfLine(head: string, start: number): number {
  const end = head.indexOf('\r', start)
  const newline = head.indexOf('\n', start)
  if (newline !== (end < 0 ? -1 : end + 1)) throw new ProtocolError('A line of the head ends in CR or LF alone.')
  return end < 0 ? head.length : end
}

/** Space around a value is SP and TAB only; what else `trim` takes may mean something to others. */
function withoutSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB
}

function bodyOf(status: number, length: string | undefined, coding: string | undefined): ResponseHead['body'] {
  if (length !== undefined && !SIZE.test(length)) throw new ProtocolError('The length is no number.')
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new ProtocolError(`The transfer coding is ${coding}.`)
    if (length !== undefined) throw new ProtocolError('There are chunks and a length.')
    return 'chunked'
  }
  if (length !== undefined) return Number(length)
  return status === 204 || status === 304 ? 0 : 'until-close'
}
