/** How long workers that end by themselves are let lie before others are started in their place. */
export interface Pause {
  /** A worker ended, having lived so long: returns how long to wait. */
  afterLife: (livedMs: number) => number
}

const FIRST_MS = 500
const LONGEST_MS = 30_000
const HEALTHY_MS = 60_000

/** Doubles with each worker that does not live for a minute; one that did is replaced at once. */
export function createPause(): Pause {
  let failures = 0
  return {
    afterLife(livedMs) {
      failures = livedMs < HEALTHY_MS ? failures + 1 : 0
      return failures === 0 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
    },
  }
}
