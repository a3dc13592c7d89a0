import type { AnsweredError, SubgraphAnswer } from '../../subgraph/parse-answer.ts'
import type { ReadBody } from '../../subgraph/flight.ts'
import type { AskSubgraph, SubgraphQuestion } from '../ask-subgraph.ts'
import { readLists, type Parsed } from '../reading/body-reader.ts'
import type { Run } from '../run.ts'
import { copyOf } from '../tree.ts'
import type { Contextual } from './context-values.ts'
import { EntitySet } from './entity-set.ts'
import { combineDocuments, contextualName, entitiesName, representationsName, type FetchDocument } from './document.ts'
import { bodyOf, bodyStart } from './request-body.ts'
import type { CreateReader } from './scope.ts'

/** What a fetch asks of entities. */
export interface EntityQuestion {
  document: FetchDocument
  entities: EntitySet
  contextual: Contextual | undefined
}

/** A fetch of entities, on its way to the subgraph. */
interface EntityCall extends EntityQuestion {
  resolve: (answer: SubgraphAnswer) => void
  reject: (error: Error) => void
}

/** Calls that ask the same of entities: each entity is asked for once. */
interface EntityGroup extends EntityQuestion {
  calls: EntityShare[]
}

/** A call, and for each entity of its own the index in the group; undefined: the call is the whole group. */
interface EntityShare {
  call: EntityCall
  indices: readonly number[] | undefined
}

type NonEmpty<Item> = readonly [Item, ...Item[]]

export type AskForEntities = (run: Run, question: EntityQuestion) => Promise<SubgraphAnswer>

/** So many combinations of one document with others are remembered, and so many characters of them. */
const MOST_COMBINATIONS = 200
const MOST_CHARACTERS = 256 * 1024

/** Most groups of one call: entities of a list may each have a context of their own. */
const MOST_GROUPS = 100

/**
 * Asks one subgraph for entities. Fetches of one request that begin together, since what they waited for came together,
 * are one call: what a call costs both ends is hardly its text.
 */
export function createEntityCalls(ask: AskSubgraph, createReader: CreateReader): AskForEntities {
  const waiting = new WeakMap<Run, EntityCall[]>()
  const numbers = new WeakMap<FetchDocument, number>()
  /** By the first document: all documents of a call are of one operation, and are forgotten with it. */
  const combinations = new WeakMap<FetchDocument, Combinations>()
  let last = 0

  function numberOf(document: FetchDocument): number {
    const known = numbers.get(document) ?? (last += 1)
    numbers.set(document, known)
    return known
  }

  function prepareOnce([first, ...others]: NonEmpty<FetchDocument>): Prepared {
    const known: Combinations = combinations.get(first) ?? { byOthers: new Map(), characters: 0, parsed: { bytes: 0 } }
    combinations.set(first, known)
    const key = others.map(numberOf).join()
    const found = known.byOthers.get(key)
    if (found) return found
    const prepared = prepare([first, ...others], known.parsed)
    if (known.byOthers.size === MOST_COMBINATIONS || known.characters > MOST_CHARACTERS) {
      known.byOthers.clear()
      known.characters = 0
    }
    known.byOthers.set(key, prepared)
    known.characters += prepared.start.length
    return prepared
  }

  function prepare(documents: NonEmpty<FetchDocument>, parsed: Parsed): Prepared {
    const text = documents.length === 1 ? documents[0].text : combineDocuments(documents)
    const readers = () => documents.map(({ reader }, index) => [fieldName(index, documents), reader()] as const)
    return { start: bodyStart(text), read: createReader(() => readLists(readers()), parsed) }
  }

  function questionOf([first, ...others]: NonEmpty<EntityGroup>, { variables }: Run): SubgraphQuestion {
    const groups = [first, ...others]
    const { start, read } = prepareOnce([first.document, ...others.map(({ document }) => document)])
    const isOne = others.length === 0
    const names = isOne ? first.document.variables : [...new Set(groups.flatMap(({ document }) => document.variables))]
    const own = groups.flatMap(({ entities, contextual }, index) => [
      `"${isOne ? 'representations' : representationsName(index)}":[${textsOf(entities)}]`,
      ...Object.entries(contextual?.values ?? {}).map(
        ([name, value]) => `"${isOne ? name : contextualName(name, index)}":${JSON.stringify(value)}`,
      ),
    ])
    const entities = new Map(groups.map((group, index) => [fieldName(index, groups), group.entities.all.length]))
    return { body: bodyOf(start, own, { variables, names }), isMutation: false, entities, read }
  }

  async function send(run: Run, groups: NonEmpty<EntityGroup>): Promise<void> {
    try {
      const question = questionOf(groups, run)
      const told = await ask(question, run.context)
      const answer = { ...told, errors: told.errors.map((error) => withoutForeignPath(error, question.entities)) }
      for (const [index, group] of groups.entries()) settle(group, answer, { name: fieldName(index, groups), index })
    } catch (error) {
      for (const { calls } of groups) for (const { call } of calls) call.reject(error as Error)
    }
  }

  function sendWaiting(run: Run): void {
    const calls = waiting.get(run) ?? []
    waiting.delete(run)
    const groups = [...groupsOf(calls)]
    for (let at = 0; at < groups.length; at += MOST_GROUPS) {
      const [first, ...others] = groups.slice(at, at + MOST_GROUPS)
      if (first) void send(run, [first, ...others])
    }
  }

  return (run, question) => {
    const { promise, resolve, reject } = Promise.withResolvers<SubgraphAnswer>()
    const call = { ...question, resolve, reject }
    const others = waiting.get(run)
    if (others) others.push(call)
    else {
      waiting.set(run, [call])
      // After everything that has come for the request by now: the busier the gateway, the more comes together.
      setImmediate(sendWaiting, run)
    }
    return promise
  }
}

/** What is the same whenever the same documents are sent. */
interface Prepared {
  /** What the body begins with. */
  start: string
  read: ReadBody
}

interface Combinations {
  byOthers: Map<string, Prepared>
  /** Of all of them. */
  characters: number
  parsed: Parsed
}

/** The field that answers the entities of one document among all of a call. */
function fieldName(index: number, { length }: { length: number }): string {
  return length === 1 ? '_entities' : entitiesName(index)
}

function textsOf({ all }: EntitySet): string {
  return all.map(({ text }) => text).join()
}

function groupsOf(calls: readonly EntityCall[]): Iterable<EntityGroup> {
  const groups = new Map<string, EntityGroup>()
  for (const call of calls) {
    const { document, entities, contextual } = call
    const key = contextual ? `${document.text}\n${contextual.text}` : document.text
    const group = groups.get(key)
    if (group) join(group, call)
    else groups.set(key, { document, contextual, entities, calls: [{ call, indices: undefined }] })
  }
  return groups.values()
}

function join(group: EntityGroup, call: EntityCall): void {
  const [first, second] = group.calls
  if (first && !second) {
    group.entities = new EntitySet()
    first.indices = indicesIn(group.entities, first.call)
  }
  group.calls.push({ call, indices: indicesIn(group.entities, call) })
}

/** The indices that the entities of a call have among all of its group, to which they are added. */
function indicesIn(group: EntitySet, { entities }: EntityCall): number[] {
  return entities.all.map(({ object, representation, text }, index) => group.add(object, representation, text) ?? index)
}

/** A path that does not begin with what was asked for says nothing; the error does. */
function withoutForeignPath(error: AnsweredError, asked: ReadonlyMap<string, unknown>): AnsweredError {
  const [field] = error.path ?? []
  return error.path && (typeof field !== 'string' || !asked.has(field)) ? { ...error, path: undefined } : error
}

/** Gives each call of a group its part of the answer, as if it had been alone; `index` is that of the group. */
function settle(
  { calls, document }: EntityGroup,
  { data, errors, hasEscapes }: SubgraphAnswer,
  { name, index: groupIndex }: { name: string; index: number },
): void {
  const list = data?.[name]
  const entities: readonly unknown[] | undefined = Array.isArray(list) ? list : undefined
  const isShared = calls.length > 1
  const divide = isShared && entities ? createDivision(entities, { isCopied: document.holdsObjects }) : undefined
  for (const [callIndex, { call, indices }] of calls.entries()) {
    const isFirst = groupIndex === 0 && callIndex === 0
    const own = errors.length === 0 ? errors : errorsOf(errors, { name, isFirst, indices })
    const part = indices && divide ? divide(indices) : entities
    call.resolve({
      data: part ? { _entities: part } : null,
      errors: own.length === 0 && !part ? reasonOf(errors) : own,
      extensions: undefined,
      hasEscapes,
    })
  }
}

/** What of the errors is about the entities of one call, as if it had been alone; undefined indices: all are its own. */
function errorsOf(
  errors: readonly AnsweredError[],
  { name, isFirst, indices }: { name: string; isFirst: boolean; indices: readonly number[] | undefined },
): AnsweredError[] {
  const places = indices && new Map(indices.map((index, at) => [index, at]))
  return errors.flatMap((error) => {
    const { path } = error
    if (!path) return isFirst ? [error] : []
    const [field, index, ...rest] = path
    if (field !== name) return []
    if (typeof index !== 'number') return [{ ...error, path: ['_entities'] }]
    const at = places ? places.get(index) : index
    return at === undefined ? [] : [{ ...error, path: ['_entities', at, ...rest] }]
  })
}

/** Why a call got nothing that has no error of its own: what is said of all of them, or of another. */
function reasonOf(errors: readonly AnsweredError[]): AnsweredError[] {
  const reason = errors.find(({ path }) => !path) ?? errors[0]
  return reason ? [{ ...reason, path: undefined }] : []
}

/**
 * Divides entities among calls. What several want each has a copy of, unless it holds no objects: other fetches follow in
 * other places of the tree, which would meet in them.
 */
function createDivision(
  list: readonly unknown[],
  { isCopied }: { isCopied: boolean },
): (indices: readonly number[]) => readonly unknown[] {
  if (!isCopied) return (indices) => indices.map((index) => list[index])
  const taken = new Set<number>()
  return (indices) =>
    indices.map((index) => {
      if (taken.has(index)) return copyOf(list[index])
      taken.add(index)
      return list[index]
    })
}
