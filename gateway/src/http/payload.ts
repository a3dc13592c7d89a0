/** From so many characters on an answer is sent as bytes. */
const LONG = 16 * 1024

const encoder = new TextEncoder()

/** Whether the last long answer was ASCII: the next one probably is, too. */
let wasAscii = true

/** The parts of an answer as they are sent: a long one would be copied once to be one string, and again to be sent. */
export function payloadOf(parts: readonly string[]): string | Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length < LONG) return parts.join('')
  const ascii = wasAscii ? asciiOf(parts, length) : undefined
  if (ascii) return ascii
  const size = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0)
  wasAscii = size === length
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) at += bytes.write(part, at)
  return bytes
}

/** Its size is known before anybody has looked at its characters; undefined: it turned out to be something else. */
function asciiOf(parts: readonly string[], length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    const { read, written } = encoder.encodeInto(part, at === 0 ? bytes : bytes.subarray(at))
    if (read < part.length || written > part.length) return undefined
    at += written
  }
  return bytes
}
