/** From so many characters on an answer is sent as bytes. */
const LONG = 16 * 1024

/** The parts of an answer as they are sent: a long one would be copied once to be one string, and again to be sent. */
export function payloadOf(parts: readonly string[]): string | Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length < LONG) return parts.join('')
  const sizes = parts.map((part) => Buffer.byteLength(part))
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const [index, part] of parts.entries()) {
    // What is all ASCII is the same in both, and copied rather than translated.
    at += bytes.write(part, at, sizes[index] === part.length ? 'latin1' : 'utf8')
  }
  return bytes
}
