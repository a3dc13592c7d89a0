import { isJsonObject, parseLossless } from '../lossless-json.ts'
import type { SubgraphResponse } from './flight.ts'
import { SubgraphError } from './subgraph-error.ts'

/** An error as a subgraph tells it. */
export interface AnsweredError {
  message: string
  /** In the terms of the operation that the subgraph was sent. */
  path: readonly (string | number)[] | undefined
  extensions: Record<string, unknown> | undefined
}

/** A GraphQL response (GraphQL specification, section 7.1) of a subgraph. */
export interface SubgraphAnswer {
  /** Undefined and null: there is none, and errors should say why. */
  data: Record<string, unknown> | null | undefined
  errors: readonly AnsweredError[]
  extensions: Record<string, unknown> | undefined
  /** Whether strings of it may hold what JSON escapes. */
  hasEscapes: boolean
}

const NONE: readonly AnsweredError[] = []

/** What a subgraph of a name answered. */
export type NamedResponse = SubgraphResponse & { name: string }

/**
 * Parses what a subgraph answered, unless that has been read already. A number that a double does not hold exactly becomes a
 * `JSON.rawJSON` object, which `JSON.stringify` writes as it came. A key `__proto__` is a key like any other.
 *
 * @throws SubgraphError when it is no GraphQL response; of its errors, each must be one.
 */
export function parseAnswer(response: NamedResponse): SubgraphAnswer {
  if ('read' in response) return { ...response.read, errors: NONE, extensions: undefined }
  const { name, status, text, losesDigits } = response
  const answer = toAnswer(parseJson(text, { name, losesDigits }))
  // What JSON escapes can be in a text only with a backslash before it.
  if (answer) return { ...answer, hasEscapes: text.includes('\\') }
  throw new SubgraphError('bad-answer', `${name} answered ${status} without a GraphQL result.`)
}

function parseJson(text: string, { name, losesDigits }: { name: string; losesDigits: boolean }): unknown {
  try {
    return parseLossless(text, losesDigits)
  } catch (cause) {
    throw new SubgraphError('bad-answer', `${name} answered with something that is not JSON.`, { cause })
  }
}

function toAnswer(answer: unknown): Omit<SubgraphAnswer, 'hasEscapes'> | undefined {
  if (!isJsonObject(answer)) return undefined
  const { data, errors, extensions } = answer
  if (!isObjectOrNothing(data) || !isObjectOrNothing(extensions)) return undefined
  const answered = toErrors(errors)
  return answered && { data, errors: answered, extensions: extensions ?? undefined }
}

/** Undefined when they are none. */
function toErrors(errors: unknown): readonly AnsweredError[] | undefined {
  if (errors === undefined || errors === null) return NONE
  if (!Array.isArray(errors)) return undefined
  const all: AnsweredError[] = []
  for (const error of errors as unknown[]) {
    if (!isJsonObject(error)) return undefined
    const { message, path, extensions } = error
    if (typeof message !== 'string' || !isObjectOrNothing(extensions) || !isPathOrNothing(path)) return undefined
    all.push({ message, path: path ?? undefined, extensions: extensions ?? undefined })
  }
  return all
}

function isObjectOrNothing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || isJsonObject(value)
}

function isPathOrNothing(value: unknown): value is (string | number)[] | null | undefined {
  if (value === undefined || value === null) return true
  return Array.isArray(value) && value.every((key) => typeof key === 'string' || typeof key === 'number')
}
