import type { GraphQLOutputType } from 'graphql'

/** A place of an operation where a value is completed: a field, or the items of a list. */
export interface Site {
  /** Undefined: the root is the parent. */
  parent: Site | undefined
  /** The client's response name; of an item, at which level of lists within lists it is, from 0. */
  key: string | number
  type: GraphQLOutputType
  /** For messages, such as `User.name`. */
  field: string
}

/** How deep in lists the items of a site's lists are. */
export function levelBelow({ parent, key }: Site): number {
  if (typeof key === 'number') return key + 1
  return parent ? levelBelow(parent) : 0
}

/** The path of a site's value, while the items at `indices` are completed. */
export function pathAt(site: Site, indices: readonly number[]): (string | number)[] {
  const path: (string | number)[] = []
  for (let at: Site | undefined = site; at; at = at.parent) {
    path.push(typeof at.key === 'number' ? (indices[at.key] ?? 0) : at.key)
  }
  return path.toReversed()
}
