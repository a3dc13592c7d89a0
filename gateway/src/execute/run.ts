import type { GraphQLError } from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { Tree } from './tree.ts'

/** One execution of a compiled operation. */
export interface Run {
  /** What fetches have brought so far. */
  readonly root: Tree
  /** The variables as the client sent them, which subgraphs coerce again. */
  readonly variables: Readonly<Record<string, unknown>>
  /** The variables as the operation's types and defaults make them; those of conditions are booleans. */
  readonly coerced: Readonly<Record<string, unknown>>
  readonly context: GatewayContext
  /** The objects at paths of the tree where they have been looked for, each once. */
  readonly objectsAt: Map<string, readonly Tree[]>
  /** What went wrong with fetches. */
  readonly failures: FetchFailure[]
  /** Whether any string that came may hold what JSON escapes. */
  hasEscapes: boolean
}

export interface FetchFailure {
  subgraph: string
  /**
   * Tells of it with paths in the client's terms, once all fetches have come. `isAlone`: all failures are of one subgraph.
   */
  tell: (isAlone: boolean) => readonly GraphQLError[]
}

/** A part of a compiled plan; it never rejects for what a subgraph did, which is an error of the run. */
export type Step = (run: Run) => Promise<void>
