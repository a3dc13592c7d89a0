/** A whole request as a socket sends it: in one piece, and in the cheaper encoding if it can be. */
export interface RequestMessage {
  text: string
  encoding: 'latin1' | 'utf8'
}

const BROKEN_NAME = /^$|[^\w!#$%&'*+.^`|~-]/
const LATIN1 = /^[\0-\xff]*$/

/** What is the same in each POST to a URL: the first line and headers of its own. */
export function requestStart(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}`
}

/**
 * The line of one header.
 *
 * @throws TypeError when it could be read as something else than one header.
 */
export function headerLine(name: string, value: string): string {
  // Searching thrice for one character takes a tenth of what a regular expression does.
  const isBroken = value.includes('\n') || value.includes('\r') || value.includes('\0') || BROKEN_NAME.test(name)
  if (isBroken) throw new TypeError(`The header ${JSON.stringify(name)} can not be sent.`)
  return `${name}: ${value}\r\n`
}

/**
 * Puts a request together; its head is sent as Latin-1 and its body as UTF-8.
 *
 * @throws TypeError when its head holds other characters.
 */
export function requestMessage(head: string, body: string): RequestMessage {
  const size = Buffer.byteLength(body)
  const isAsciiHead = Buffer.byteLength(head) === head.length
  if (!isAsciiHead && !LATIN1.test(head)) throw new TypeError('A header holds other characters than those of Latin-1.')
  const whole = `${head}content-length: ${size}\r\n\r\n`
  if (size === body.length) return { text: whole + body, encoding: 'latin1' }
  if (isAsciiHead) return { text: whole + body, encoding: 'utf8' }
  return { text: whole + Buffer.from(body).toString('latin1'), encoding: 'latin1' }
}
