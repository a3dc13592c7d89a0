import type { ResponsePath } from '@apollo/query-planner'
import type { AskSubgraph } from '../ask-subgraph.ts'
import type { Operation } from '../../operation.ts'
import type { AskForEntities } from './entity-calls.ts'
import type { createRepresentationsOf } from './representation.ts'
import type { Sharing } from '../sharing.ts'
import type { ReadBody } from '../../subgraph/flight.ts'
import type { Parsed } from '../reading/body-reader.ts'
import type { Read } from '../reading/values.ts'
import type { TypeFacts } from '../type-facts.ts'

/** How one subgraph is asked. */
export interface SubgraphCalls {
  ask: AskSubgraph
  askForEntities: AskForEntities
  createReader: CreateReader
}

/** Makes what reads bodies of answers, of what makes a reader for what was asked. */
export type CreateReader = (make: () => Read, parsed?: Parsed) => ReadBody

/** What fetches are compiled with. */
export interface FetchScope extends TypeFacts {
  subgraph: (name: string) => SubgraphCalls
  /** The type of all objects at a path of the tree; undefined: they tell. */
  typeAt: (path: ResponsePath) => string | undefined
  sharing: Sharing
  /** The places where one object stands for all that say the same; fetches add theirs. */
  united: Set<string>
  representationsOf: ReturnType<typeof createRepresentationsOf>
  /** What the client asked for and may see, with response names of the tree. */
  operation: Operation
  /** The client's response names, where they are others. */
  clientNames: ReadonlyMap<string, string>
}
