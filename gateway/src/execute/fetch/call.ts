import type { FetchNode } from '@apollo/query-planner'
import { OperationTypeNode } from 'graphql'
import type { SubgraphAnswer } from '../../subgraph/parse-answer.ts'
import { SubgraphError } from '../../subgraph/subgraph-error.ts'
import type { Run } from '../run.ts'
import type { Contextual } from './context-values.ts'
import type { FetchDocument } from './document.ts'
import type { EntitySet } from './entity-set.ts'
import { answeredErrors, failureOfSubgraph, unansweredFields, type Places } from './fetch-errors.ts'
import { bodyOf, bodyStart } from './request-body.ts'
import type { FetchScope } from './scope.ts'

/** What a call asks for, beside its document and the client's variables. */
export interface Asked {
  /** Undefined: fields of the root are asked for. */
  entities?: EntitySet
  /** The variables of `@fromContext` arguments, of all these entities. */
  contextual?: Contextual
  /** Finds where the objects are now. */
  findPlaces: () => Places
}

/** Asks a subgraph and adds what went wrong to the errors of the run; undefined: there is no data. */
export type Call = (run: Run, asked: Asked) => Promise<SubgraphAnswer['data'] | undefined>

const NO_ENTITIES: ReadonlyMap<string, number> = new Map()

export function createCall(node: FetchNode, document: FetchDocument, scope: FetchScope): Call {
  const { serviceName: subgraph, operationKind } = node
  const isMutation = operationKind === OperationTypeNode.MUTATION
  const { ask, askForEntities, createReader } = scope.subgraph(subgraph)
  const start = bodyStart(document.text)
  const read = node.requires ? undefined : createReader(document.reader)
  const facts = { subgraph, holdsClientValues: document.holdsClientValues }

  function send(run: Run, { entities, contextual }: Asked): Promise<SubgraphAnswer> {
    if (entities) return askForEntities(run, { document, entities, contextual })
    const body = bodyOf(start, [], { variables: run.variables, names: document.variables })
    return ask({ body, isMutation, entities: NO_ENTITIES, read }, run.context)
  }

  return async (run, asked) => {
    try {
      const answer = await send(run, asked)
      run.hasEscapes ||= answer.hasEscapes
      if (answer.errors.length > 0) {
        const places = asked.findPlaces()
        run.failures.push({ subgraph, tell: (isAlone) => answeredErrors(answer, { ...facts, isAlone }, places) })
      }
      return answer.data ?? undefined
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error
      const places = asked.findPlaces()
      const failure = failureOfSubgraph(error, subgraph)
      run.failures.push({ subgraph, tell: (isAlone) => unansweredFields(places, failure, isAlone) })
      return undefined
    }
  }
}
