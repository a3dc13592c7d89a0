import { LRUCache } from 'lru-cache'
import type { Operation } from './operation.ts'

/** What was worked out for operations, kept for the next request with the same one. */
export interface OperationCache<Value extends object> {
  /** What is kept for an operation, or for one variant of it; it is made if nothing is. */
  get(operation: Pick<Operation, 'key' | 'size'>, make: () => Value, variant?: string): Value
  /** Makes it anew the next time. */
  forget(operation: Pick<Operation, 'key'>, variant?: string): void
  /** How many are kept. */
  count(): number
}

export interface OperationCacheOptions<Value> {
  maxEntries: number
  /** The sum of `Operation.size`, and of what `sizeOf` says, over all entries. */
  maxCharacters?: number
  /** How much a value takes beside its operation, in characters. */
  sizeOf?: (value: Value) => number
}

const HALF_A_MEBI = 512 * 1024

/**
 * Keeps the entries that were used last, bounded in number and in size: anybody may send new operations, and a thousand
 * large ones would take more memory than a gateway has. What is larger than everything together is made each time.
 */
export function createOperationCache<Value extends object>(
  options: OperationCacheOptions<Value>,
): OperationCache<Value> {
  const { maxEntries: max, maxCharacters: maxSize = HALF_A_MEBI, sizeOf = () => 0 } = options
  const entries = new LRUCache<string, Value>({ max, maxSize })
  return {
    get(operation, make, variant) {
      const key = keyOf(operation, variant)
      const known = entries.get(key)
      if (known) return known
      const value = make()
      entries.set(key, value, { size: Math.max(1, operation.size + sizeOf(value)) })
      return value
    },
    forget: (operation, variant) => void entries.delete(keyOf(operation, variant)),
    count: () => entries.size,
  }
}

function keyOf({ key }: Pick<Operation, 'key'>, variant = ''): string {
  return `${key}\n${variant}`
}
