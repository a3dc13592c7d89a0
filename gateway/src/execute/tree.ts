import { isJsonObject } from '../lossless-json.ts'

/**
 * What fetches have brought: plain objects as `JSON.parse` makes them, under the response names of the isolated operation.
 * Numbers whose digits JavaScript would lose are in it as `JSON.rawJSON` objects.
 */
export type Tree = Record<string, unknown>

/**
 * Brings what two fetches know of one place together; objects and lists of the first are changed. Where they disagree the
 * second is believed, but what one knows nothing of, or null, is taken from the other.
 */
export function mergeValues(first: unknown, second: unknown): unknown {
  if (second === undefined || second === null || first === second) return first === undefined ? second : first
  if (Array.isArray(first) && Array.isArray(second)) {
    if (first.length !== second.length) return second
    for (const [index, value] of second.entries()) first[index] = mergeValues(first[index], value)
    return first
  }
  if (!isJsonObject(first) || !isJsonObject(second)) return second
  for (const [name, value] of Object.entries(second)) setOwn(first, name, mergeValues(getOwn(first, name), value))
  return first
}

/** A copy that shares no object or list with a value; a number that is kept as text is the same. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isJsonObject(value)) return value
  const copy: Tree = {}
  for (const name of Object.keys(value)) setOwn(copy, name, copyOf(value[name]))
  return copy
}

export function getOwn(object: Tree, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function setOwn(object: Tree, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}
