/** What a whole HTTP/1.1 request of a gateway is made of. */
export interface RequestBytes {
  path: string
  /** Bytes as Latin-1 text: a key into a map costs least that way. */
  body: string
  /** How many bytes of the given text it took. */
  length: number
}

const HEAD_END = '\r\n\r\n'

/**
 * Reads one request from the start of bytes in Latin-1; undefined while it is not all there. Only what gateways send to
 * subgraphs is understood: a body has a content-length or is chunked.
 */
export function readRequest(text: string): RequestBytes | undefined {
  const headEnd = text.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = text.slice(0, headEnd)
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' ', head.indexOf(' ') + 1))
  const start = headEnd + HEAD_END.length
  const lower = head.toLowerCase()
  const at = lower.indexOf('\r\ncontent-length:')
  if (at >= 0) {
    const length = start + Number.parseInt(lower.slice(at + 17), 10)
    return text.length < length ? undefined : { path, body: text.slice(start, length), length }
  }
  if (lower.includes('\r\ntransfer-encoding: chunked')) {
    const chunked = readChunks(text, start)
    return chunked && { path, body: chunked.body, length: chunked.end }
  }
  return { path, body: '', length: start }
}

function readChunks(text: string, start: number): { body: string; end: number } | undefined {
  let body = ''
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (text.length < end + 2) return undefined
    if (size === 0) return { body, end: end + 2 }
    body += text.slice(lineEnd + 2, end)
    at = end + 2
  }
}

/** A whole answer with status 200. */
export function answerBytes(body: string): Buffer {
  const bytes = Buffer.from(body)
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\nconnection: keep-alive\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}
