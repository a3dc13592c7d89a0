/** Tells when one HTTP/1.1 answer is whole, without making anything of it. */
export interface AnswerReader {
  /** Takes what came; true once the answer is whole. */
  take(chunk: Buffer): boolean
  readonly status: number
  /** Bytes of the body, without the framing of chunks. */
  readonly size: number
  /** Makes ready for the next answer on the same connection. */
  reset(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_FEED = 10

export function createAnswerReader(): AnswerReader {
  let status = 0
  let size = 0
  let head: Buffer | undefined
  /** Bytes of the body, or of the current chunk and the line break after it, that are still to come. */
  let left = -1
  let isChunked = false
  let sizeLine = ''
  let isLast = false

  const startBody = (text: string) => {
    status = Number(text.slice(9, 12))
    const lower = text.toLowerCase()
    const at = lower.indexOf('\r\ncontent-length:')
    isChunked = at < 0 && lower.includes('\r\ntransfer-encoding: chunked')
    left = at < 0 ? 0 : Number.parseInt(lower.slice(at + 17), 10)
    if (!isChunked) size = left
  }

  const takeChunks = (bytes: Buffer): boolean => {
    let at = 0
    while (at < bytes.length) {
      if (left > 0) {
        const taken = Math.min(left, bytes.length - at)
        left -= taken
        at += taken
        if (left === 0 && isLast) return true
        continue
      }
      const end = bytes.indexOf(LINE_FEED, at)
      if (end < 0) {
        sizeLine += bytes.toString('latin1', at)
        return false
      }
      const chunk = Number.parseInt(sizeLine + bytes.toString('latin1', at, end), 16)
      sizeLine = ''
      at = end + 1
      size += chunk
      isLast = chunk === 0
      left = chunk + 2
    }
    return isLast && left === 0
  }

  return {
    get status() {
      return status
    },
    get size() {
      return size
    },
    take(chunk) {
      let bytes = chunk
      if (left < 0) {
        head = head ? Buffer.concat([head, chunk]) : chunk
        const end = head.indexOf(HEAD_END)
        if (end < 0) return false
        startBody(head.toString('latin1', 0, end))
        bytes = head.subarray(end + HEAD_END.length)
      }
      if (isChunked) return takeChunks(bytes)
      left -= bytes.length
      return left <= 0
    },
    reset() {
      head = undefined
      left = -1
      size = 0
      sizeLine = ''
      isLast = false
    },
  }
}
