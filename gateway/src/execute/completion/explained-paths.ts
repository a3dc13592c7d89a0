import type { GraphQLError } from 'graphql'

type Path = readonly (string | number)[]

interface Node {
  /** An error has this path. */
  isError: boolean
  below: Map<string | number, Node>
}

/**
 * Tells which nulls errors explain: one at the path of the null; above it, where all of an object was not answered; or
 * below it, where a subgraph has already made null of a parent. One without a path may be the reason of any.
 */
export function createExplainedPaths(errors: readonly GraphQLError[]): (path: Path) => boolean {
  const root: Node = { isError: false, below: new Map() }
  for (const { path } of errors) {
    let node = root
    for (const key of path ?? []) {
      let next = node.below.get(key)
      if (!next) node.below.set(key, (next = { isError: false, below: new Map() }))
      node = next
    }
    node.isError = true
  }

  return (path) => {
    let node: Node | undefined = root
    for (const key of path) {
      if (node.isError) return true
      node = node.below.get(key)
      if (!node) return false
    }
    return node.isError || node.below.size > 0
  }
}
