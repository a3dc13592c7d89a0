import { LRUCache } from 'lru-cache'
import type { Counted, Point } from './messages.ts'

/** Windows that are kept at most, of all fields and clients; those that were counted longest ago go first. */
const MOST_WINDOWS = 100_000

/** Counts points in windows of fixed length that begin with their first point, as Redis does for several gateways. */
export function createWindowCounts(): (point: Point) => Counted {
  const windows = new LRUCache<string, { consumed: number }>({
    // Not `max`, which takes the memory for all of them at once.
    maxSize: MOST_WINDOWS,
    sizeCalculation: () => 1,
  })
  return ({ key, points, seconds }) => {
    const window = windows.get(key)
    if (window) {
      window.consumed += points
      return [window.consumed, Math.ceil(windows.getRemainingTTL(key))]
    }
    windows.set(key, { consumed: points }, { ttl: seconds * 1000 })
    return [points, seconds * 1000]
  }
}
