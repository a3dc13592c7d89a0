import { GraphQLError } from 'graphql'
import type { ErrorCode } from '../../error-codes.ts'
import type { AnsweredError, SubgraphAnswer } from '../../subgraph/parse-answer.ts'
import type { SubgraphError } from '../../subgraph/subgraph-error.ts'
import type { FetchFailure } from '../run.ts'

/** A path in the client's terms. */
export type AnswerPath = readonly (string | number)[]

/** What an error says beside its path. */
export interface Failure {
  message: string
  extensions: Readonly<Record<string, unknown>>
}

/** What of a fetch its errors are told by. */
export interface FetchFacts {
  subgraph: string
  /** Whether it holds values that its client chose, in the text or in variables. */
  holdsClientValues: () => boolean
  /** Whether all that went wrong for the request is of this subgraph. */
  isAlone: boolean
}

/** Where in the answer what a fetch brings belongs. */
export interface Places {
  /**
   * The fields that nobody has answered because of the fetch: those that it should have brought; of an object of which it
   * should have brought what the client does not see, or of which nothing else can be the reason, all; and the objects that
   * have lost nothing. At most so many paths.
   */
  lost: (most: number, isAlone: boolean) => LostPaths
  /** The paths in the answer of a path in the fetch. */
  of: (path: AnswerPath) => readonly AnswerPath[]
}

export interface LostPaths {
  /** The first. */
  paths: readonly AnswerPath[]
  /** How many there are. */
  count: number
}

/**
 * Most errors of one fetch. A list of a hundred objects without forty of their fields is no reason for four thousand
 * errors, in an answer that is to be small while something is broken.
 */
const MOST_ERRORS = 100

/** Longest message of a subgraph that is passed on. */
const LONGEST_MESSAGE = 1000

/**
 * One error for each field that nobody has answered because of a fetch. Where there would be too many, the last one stands for all
 * further fields and says how many they are.
 */
export function unansweredFields(places: Places, failure: Failure, isAlone: boolean): GraphQLError[] {
  const { paths, count } = places.lost(MOST_ERRORS, isAlone)
  if (count === 0) return [errorOf(failure)]
  const told = count > MOST_ERRORS ? MOST_ERRORS - 1 : count
  const errors = paths.slice(0, told).map((path) => errorOf(failure, path))
  if (told < count) {
    errors.push(
      errorOf({ ...failure, message: `${failure.message} ${count - told} more fields are null because of it.` }),
    )
  }
  return errors
}

/**
 * What a subgraph's errors become for the client: not too many and not too long, each with the subgraph's name, without
 * what would act on the gateway's own answer. One that refuses the fetch as a whole has no path to tell; it becomes one
 * for each field that is null because of it.
 */
export function answeredErrors(
  { data, errors }: Pick<SubgraphAnswer, 'data' | 'errors'>,
  facts: FetchFacts,
  places: Places,
): GraphQLError[] {
  const [first] = errors
  if (!first) return []
  const isRefusal = !data && errors.every(({ path }) => !path)
  const told = isRefusal ? unansweredFields(places, failureOf(first, facts), facts.isAlone) : []
  let all = told.length
  for (const { path, ...error } of isRefusal ? errors.slice(1) : errors) {
    if (told.length >= MOST_ERRORS) {
      all += 1
      continue
    }
    // An entity that several objects share is told of for each.
    const paths = path ? places.of(path) : []
    all += Math.max(1, paths.length)
    const failure = failureOf(error, facts)
    if (paths.length === 0) told.push(errorOf(failure))
    for (const place of paths.slice(0, MOST_ERRORS - told.length)) told.push(errorOf(failure, place))
  }
  if (all <= MOST_ERRORS) return told
  const { extensions } = failureOf(errors.at(-1) ?? first, facts)
  const untold = `${all - MOST_ERRORS + 1} more errors of ${facts.subgraph}.`
  return [...told.slice(0, MOST_ERRORS - 1), errorOf({ message: untold, extensions })]
}

/** The errors of all that went wrong with fetches. What one field has lost by several fetches of a subgraph is told once. */
export function tellFailures(failures: readonly FetchFailure[]): readonly GraphQLError[] {
  const isAlone = new Set(failures.map(({ subgraph }) => subgraph)).size === 1
  const errors = failures.flatMap(({ tell }) => tell(isAlone))
  if (failures.length < 2) return errors
  const told = new Set<string>()
  return errors.filter(({ path, message }) => {
    const text = JSON.stringify([path, message])
    const isNew = path === undefined || !told.has(text)
    told.add(text)
    return isNew
  })
}

/** Why fields are null whose subgraph gave no usable answer. */
export function failureOfSubgraph({ message, reason }: SubgraphError, subgraph: string): Failure {
  return { message, extensions: { code: CODES[reason], subgraph } }
}

const CODES: Readonly<Record<SubgraphError['reason'], ErrorCode>> = {
  unreachable: 'SUBGRAPH_UNAVAILABLE',
  untrusted: 'SUBGRAPH_UNAVAILABLE',
  'bad-answer': 'SUBGRAPH_UNAVAILABLE',
  timeout: 'SUBGRAPH_TIMEOUT',
  'request-timeout': 'REQUEST_TIMEOUT',
  cancelled: 'REQUEST_CANCELLED',
  overloaded: 'SUBGRAPH_UNAVAILABLE',
}

function failureOf(
  { message, extensions }: Omit<AnsweredError, 'path'>,
  { subgraph, holdsClientValues }: FetchFacts,
): Failure {
  const { http: _, ...others } = extensions ?? {}
  const isInvalid = others['code'] === 'GRAPHQL_VALIDATION_FAILED'
  return {
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message,
    extensions: { ...others, ...(isInvalid ? { code: codeOfInvalidFetch(holdsClientValues()) } : {}), subgraph },
  }
}

/**
 * The gateway has validated all of the document but the values of custom scalars, which only subgraphs know. So one that
 * does not validate what it is asked dislikes a value of the client, or was sent none and has another schema than the
 * gateway.
 */
function codeOfInvalidFetch(holdsClientValues: boolean): ErrorCode {
  return holdsClientValues ? 'BAD_USER_INPUT' : 'DOWNSTREAM_SERVICE_ERROR'
}

/** Without a stack, which costs more than the rest and would only name this function: an outage makes many errors. */
function errorOf({ message, extensions }: Failure, path?: AnswerPath): GraphQLError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new GraphQLError(message, {
      extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', ...extensions },
      path: path ?? null,
    })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
