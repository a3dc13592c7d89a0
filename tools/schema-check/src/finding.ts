import { Kind, type ASTNode } from 'graphql'

/** A place in a file of the repository; line and column start at 1 and are left out when only the file is known. */
export interface Location {
  /** Relative to the root of the repository, with slashes. */
  file: string
  line?: number
  column?: number
}

/** What a check has found. */
export interface Finding {
  /** The check that found it. */
  check: 'composition' | 'directives' | 'supergraph' | 'operations' | 'changes'
  /** An error fails the run, a warning is for whoever reviews the change, a notice is for the record. */
  severity: 'error' | 'warning' | 'notice'
  /** What kind of finding it is; those of composition and of graphql-inspector keep the code that they have there. */
  code: string
  /** What is wrong and what to do, in one or more lines. */
  message: string
  /** Where it is, most telling first; empty when it has no place. */
  locations: readonly Location[]
  /** What it is about in the schema, such as `Query.me` or `User.orders.first`. */
  coordinate?: string
  /** Of a breaking change: the files of those operations of the base that it breaks. */
  usedBy?: readonly string[]
  /** Of a breaking change that the repository approves: why. */
  approved?: string
}

/** Where a node of a document stands whose source is named after its file: of a definition its name. */
export function locationOf(node: ASTNode): Location | undefined {
  const named = 'name' in node && node.kind !== Kind.DIRECTIVE ? node.name : undefined
  const loc = named?.loc ?? node.loc
  return loc && { file: loc.source.name, line: loc.startToken.line, column: loc.startToken.column }
}

/** The places of nodes, each once. */
export function locationsOf(nodes: readonly ASTNode[]): Location[] {
  return uniqueLocations(nodes.flatMap((node) => locationOf(node) ?? []))
}

/** Each place once, in their order. */
export function uniqueLocations(locations: readonly Location[]): Location[] {
  return [...new Map(locations.map((location) => [JSON.stringify(location), location])).values()]
}
