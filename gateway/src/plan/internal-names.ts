import { createHash } from 'node:crypto'

/** How names begin that the gateway makes up for what it asks of subgraphs; no name of a client keeps this beginning. */
export const INTERNAL_PREFIX = '_internal_'

/** A name that stands for a content: the same for the same content, wherever it occurs. */
export function internalName(content: string): string {
  return INTERNAL_PREFIX + createHash('sha256').update(content).digest('hex').slice(0, 20)
}
