import type { FastifyRequest } from 'fastify'
import { mediaTypeFor } from './media-type.ts'

/** A request that is refused before anything is done for it. */
class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** The address of the last request whose address could be read: most of them come to the same. */
let readable = ''

/**
 * Refuses what would be read wrongly, or whose answer the client could not read: Apollo Server would find out only when the
 * operation has been executed.
 *
 * @throws Error with `statusCode`.
 */
export function refuseUnreadable({ headers, method, url, hostname }: FastifyRequest): void {
  // An address is made of these to find the query string.
  const address = `http://${hostname}${url}`
  if (address !== readable) {
    if (!URL.canParse(url, `http://${hostname}/`)) throw new HttpError(400, 'The Host header is missing or malformed.')
    readable = address
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new HttpError(415, 'Bodies can not be compressed.')
  }
  if (!isUtf8(headers['content-type'])) throw new HttpError(415, 'Bodies have to be in UTF-8.')
  if (!isAnswerAccepted(headers.accept, method)) {
    throw new HttpError(406, 'Accept application/graphql-response+json or application/json.')
  }
}

function isUtf8(contentType = ''): boolean {
  if (contentType === 'application/json') return true
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType) ?? []
  return /^utf-?8$/i.test(charset)
}

/** Pages are for browsers that ask by GET. */
function isAnswerAccepted(accept: string | undefined, method: string): boolean {
  if (mediaTypeFor(accept) !== undefined) return true
  return method === 'GET' && (accept ?? '').split(',').some(isPage)
}

function isPage(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  return type === 'text/html' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
}
