const WORDS = (
  'amber anchor autumn basin birch bramble candle canyon cedar cliff cobalt copper coral crane delta dune ember ' +
  'falcon fern field flint garden glacier harbor hazel heron hollow indigo island ivory juniper kestrel lantern laurel ' +
  'linen marble meadow mint mosaic nettle oak ochre orchard pebble pine prairie quartz raven reed river saffron sage ' +
  'shore silver slate sorrel spruce stone tide timber velvet walnut willow winter yarrow'
).split(' ')

/** No text of the data is longer. */
const LONGEST_TEXT = 100

/** A whole number from 0 to 2³² − 1 that looks like chance and is always the same for the same seed (FNV-1a, mixed). */
export function numberOf(seed: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < seed.length; index++) hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Two to nine words. */
export function wordsOf(seed: string): string {
  const count = 2 + (numberOf(`${seed}#`) % 8)
  const words = Array.from({ length: count }, (_, index) => WORDS[numberOf(`${seed}#${index}`) % WORDS.length])
  return words.join(' ').slice(0, LONGEST_TEXT)
}

/** So many numbers below `below`, which may repeat. */
export function numbersOf(seed: string, { count, below }: { count: number; below: number }): number[] {
  return Array.from({ length: count }, (_, index) => numberOf(`${seed}/${index}`) % below)
}

export function dateOf(seed: string): string {
  const START_2020 = 1_577_836_800
  return new Date((START_2020 + (numberOf(seed) % 150_000_000)) * 1000).toISOString()
}
