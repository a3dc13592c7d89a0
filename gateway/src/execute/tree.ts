import { isJsonObject } from '../lossless-json.ts'

/**
 * What fetches have brought: plain objects as `JSON.parse` makes them, under the response names of the isolated operation.
 * Numbers whose digits JavaScript would lose are in it as `JSON.rawJSON` objects.
 */
export type Tree = Record<string, unknown>

/** What two subgraphs have told of one place that can not be one thing: completion reports it. */
export const DISAGREEMENT = Symbol('disagreement')

/** What a fetch asks for at a place. */
export interface Shape {
  /** What it asks for below a name; undefined: the name is that of leaves, of which each is one whole, whatever is in it. */
  below: (name: string) => Shape | undefined
  /** Whether a type's name is that of an interface, by which an object may be known until its own type is told. */
  isInterface: (typename: unknown) => boolean
}

/**
 * Puts what a fetch brought of an object into the object of the tree. What one knows nothing of, or null, is taken from the
 * other; of leaves in which they differ the second is believed.
 */
function mergeObjects(first: Tree, second: Tree, shape: Shape): void {
  for (const name of Object.keys(second)) {
    const known = getOwn(first, name)
    const value = second[name]
    if (known === undefined) setOwn(first, name, value)
    else if (value === null || value === undefined) continue
    else if (name !== '__typename') setOwn(first, name, mergeValues(known, value, shape.below(name)))
    else if (shape.isInterface(known)) first[name] = value
  }
}

/**
 * Brings what two fetches know of one field together; objects and lists of the first are changed. Items of lists are the
 * same object where they have the same index: so lists of other lengths, and objects of other types, are a disagreement.
 */
export function mergeValues(first: unknown, second: unknown, shape: Shape | undefined): unknown {
  if (second === undefined || second === null || first === second) return first === undefined ? second : first
  if (first === undefined || first === null || !shape) return second
  if (Array.isArray(first) && Array.isArray(second)) {
    if (first.length !== second.length) return DISAGREEMENT
    for (const [index, value] of second.entries()) first[index] = mergeValues(first[index], value, shape)
    return first
  }
  if (!isJsonObject(first) || !isJsonObject(second) || areOfOtherTypes(first, second, shape)) return DISAGREEMENT
  mergeObjects(first, second, shape)
  return first
}

function areOfOtherTypes({ __typename: one }: Tree, { __typename: other }: Tree, { isInterface }: Shape): boolean {
  return one !== other && one !== undefined && other !== undefined && !isInterface(one) && !isInterface(other)
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
