/** A 32-bit number for these parts; the same for the same parts. FNV-1a, then the finalizer of MurmurHash3. */
export function hash(...parts: readonly (string | number)[]): number {
  const text = parts.join('\u0000')
  let mixed = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * The item that a choice falls on. Taking away another item does not change it (rendezvous hashing), so that a choice
 * still means the same once what is chosen from has shrunk.
 */
export function pick<Item>(items: Iterable<Item>, choice: number, nameOf: (item: Item) => string): Item | undefined {
  let best: Item | undefined
  let highest = -1
  for (const item of items) {
    const weight = hash(choice, nameOf(item))
    if (weight > highest) [best, highest] = [item, weight]
  }
  return best
}

/** `pick` among texts. */
export function pickText<Text extends string>(items: Iterable<Text>, choice: number): Text | undefined {
  return pick(items, choice, String)
}

/** Whether one choice in `of` falls on this, by name; 0 never does, so that shrinking takes it away. */
export function happens(choice: number, name: string, of: number): boolean {
  return choice !== 0 && hash(choice, name) % of === 0
}
