/** A source of numbers that look random and are the same on every run. */
export interface Random {
  /** From 0 to below 1. */
  fraction(): number
  /** From `least` to `most`, both possible. */
  integer(least: number, most: number): number
  /** True as often as `probability`, from 0 to 1, says. */
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  shuffle<Item>(items: readonly Item[]): Item[]
  /** A moment from `from` to before `to`. */
  moment(from: Date, to: Date): Date
  /** A UUID of version 4. */
  uuid(): string
  /** A source of its own: how much is drawn from it changes nothing for any other. */
  branch(name: string): Random
}

export function createRandom(seed: string): Random {
  const next = mulberry32(fnv1a(seed))
  const fraction = (): number => next() / 2 ** 32
  const integer = (least: number, most: number): number => least + Math.floor(fraction() * (most - least + 1))
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick(items) {
      const item = items[integer(0, items.length - 1)]
      if (item === undefined) throw new RangeError('There is nothing to pick from')
      return item
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, rank: next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ item }) => item),
    moment: (from, to) => new Date(from.getTime() + Math.floor(fraction() * (to.getTime() - from.getTime()))),
    uuid() {
      const [a, b, c, d] = [hex(next()), hex(next()), hex(next()), hex(next())]
      const variant = '89ab'.charAt(next() >>> 30)
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(0, 3)}-${c.slice(4)}${d}`
    },
    branch: (name) => createRandom(`${seed}/${name}`),
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** Mulberry32, by Tommy Ettinger: 32 bits of state and good enough for anything but secrets. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** FNV-1a over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}
