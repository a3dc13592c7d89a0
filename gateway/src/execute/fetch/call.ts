import type { FetchNode } from '@apollo/query-planner'
import { OperationTypeNode } from 'graphql'
import type { SubgraphAnswer } from '../../subgraph/parse-answer.ts'
import { SubgraphError } from '../../subgraph/subgraph-error.ts'
import type { Run } from '../run.ts'
import type { Contextual } from './context-values.ts'
import type { FetchDocument } from './document.ts'
import {
  answeredErrors,
  failureOfSubgraph,
  unansweredFields,
  type AnswerPath,
  type FetchFacts,
  type Places,
} from './fetch-errors.ts'
import { pathsOfObjects, type PathStep } from './flatten-path.ts'
import { namesIn } from './merge.ts'
import { bodyOf, bodyStart } from './request-body.ts'
import type { FetchScope } from './scope.ts'

/** What a call asks for, beside its document and the client's variables. */
export interface Asked {
  /** JSON texts of the representations; undefined: fields of the root are asked for. */
  representations?: readonly string[]
  /** The variables of `@fromContext` arguments, of all these entities. */
  contextual?: Contextual
  places: Places
}

/** Asks a subgraph and adds what went wrong to the errors of the run; undefined: there is no data. */
export type Call = (run: Run, asked: Asked) => Promise<SubgraphAnswer['data'] | undefined>

const NO_ENTITIES: ReadonlyMap<string, number> = new Map()

export function createCall(node: FetchNode, document: FetchDocument, scope: FetchScope): Call {
  const { serviceName: subgraph, operationKind } = node
  const isMutation = operationKind === OperationTypeNode.MUTATION
  const { ask, askForEntities } = scope.subgraph(subgraph)
  const start = bodyStart(document.text)
  const facts: FetchFacts = {
    subgraph,
    names: [...namesIn(document.selectionSet, document.fragments).keys()]
      .filter((name) => name !== '__typename')
      .map(scope.clientName)
      .filter((name) => name !== undefined),
    holdsClientValues: document.holdsClientValues,
  }

  function send(run: Run, { representations, contextual }: Asked): Promise<SubgraphAnswer> {
    if (representations) return askForEntities(run, { document, representations, contextual })
    const body = bodyOf(start, [], { variables: run.variables, names: document.variables })
    return ask({ body, isMutation, entities: NO_ENTITIES }, run.context)
  }

  return async (run, asked) => {
    try {
      const answer = await send(run, asked)
      if (answer.errors.length > 0) run.errors.push(...answeredErrors(answer, facts, asked.places))
      return answer.data ?? undefined
    } catch (error) {
      if (!(error instanceof SubgraphError)) throw error
      run.errors.push(...unansweredFields(facts, asked.places, failureOfSubgraph(error, subgraph)))
      return undefined
    }
  }
}

export interface PlacesOptions {
  /** Where the objects are; the root has no steps. */
  path: readonly PathStep[]
  /** The type of all of them, when it is known. */
  type: string | undefined
  scope: FetchScope
  /** The names that the plan gives to aliases of its own. */
  renamed: ReadonlyMap<string, string>
}

/** Finds, when something went wrong, where in the answer what a fetch brings belongs: for each part of its objects. */
export function createPlaces(
  { path: steps, scope, renamed }: PlacesOptions,
  run: Run,
): (objectsAt: ObjectsAt) => Places {
  let known: Map<object, AnswerPath[]> | undefined

  function pathsOf(object: object): readonly AnswerPath[] {
    known ??= inClientsTerms()
    return known.get(object) ?? []
  }

  function inClientsTerms() {
    const found = new Map<object, AnswerPath[]>()
    for (const [object, paths] of pathsOfObjects(run.root, steps)) {
      found.set(
        object,
        paths.map((path) => path.map(toClient)),
      )
    }
    return found
  }

  function toClient(element: string | number): string | number {
    return typeof element === 'number' ? element : (scope.clientName(element) ?? element)
  }

  /** As far as the client knows what is there. */
  function visible(path: AnswerPath): AnswerPath {
    const names = path.map((element) =>
      typeof element === 'number' ? element : scope.clientName(renamed.get(element) ?? element),
    )
    const unknown = names.indexOf(undefined)
    return (unknown === -1 ? names : names.slice(0, unknown)).filter((name) => name !== undefined)
  }

  return (objectsAt) => ({
    all: () => [...new Set(objectsAt.all)].flatMap(pathsOf),
    of(path) {
      const { objects, rest } = objectsAt.of(path)
      const below = visible(rest)
      return [...new Set(objects)].flatMap(pathsOf).map((prefix) => [...prefix, ...below])
    },
  })
}

/** The objects of the tree that a fetch is for. */
export interface ObjectsAt {
  all: readonly object[]
  /** Those that a path of the fetch's answer leads into, and how it goes on there. */
  of: (path: AnswerPath) => { objects: readonly object[]; rest: AnswerPath }
}
