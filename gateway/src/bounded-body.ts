/**
 * Reads an HTTP body to its end as text, as long as it is no larger than `limitBytes`; undefined when it is larger, and
 * then the rest is not read.
 */
export async function readBoundedBody(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limitBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
