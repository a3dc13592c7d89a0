import { Kind, visit, type ASTNode } from 'graphql'
import { locationsOf, type Location } from './finding.ts'
import type { SubgraphDocument } from './snapshot.ts'

/** Where the subgraphs define what a coordinate such as `Query.me` or `User.orders.first` names. */
export interface Definitions {
  /** Empty when no subgraph defines it. */
  at(coordinate: string): readonly Location[]
}

/** Finds all definitions of some subgraphs, those of extensions too. */
export function createDefinitions(subgraphs: readonly SubgraphDocument[]): Definitions {
  const nodes = new Map<string, ASTNode[]>()
  for (const { document } of subgraphs) {
    forEachCoordinate(document, (coordinate, node) => {
      nodes.set(coordinate, [...(nodes.get(coordinate) ?? []), node])
    })
  }
  return { at: (coordinate) => locationsOf(nodes.get(coordinate) ?? []) }
}

/**
 * Walks over the definitions of a document with their coordinates: types, fields, arguments, values of enums and input
 * fields; directives as `@name`.
 */
export function forEachCoordinate(root: ASTNode, callback: (coordinate: string, node: ASTNode) => void): void {
  const path: string[] = []
  visit(root, {
    enter(node) {
      const segment = segmentOf(node)
      if (segment === undefined) return
      path.push(segment)
      callback(path.join('.'), node)
    },
    leave(node) {
      if (segmentOf(node) !== undefined) path.pop()
    },
  })
}

function segmentOf(node: ASTNode): string | undefined {
  if (node.kind === Kind.DIRECTIVE_DEFINITION) return `@${node.name.value}`
  if (!/(Type|Field|InputValue|EnumValue)(Definition|Extension)$/.test(node.kind)) return undefined
  return 'name' in node && node.name ? node.name.value : undefined
}
