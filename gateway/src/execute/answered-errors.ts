import type { ErrorCode } from '../error-codes.ts'
import type { SubgraphAnswer } from '../subgraph/client.ts'
import { holdsClientValues, MOST_ERRORS, unansweredFields, type Fetch, type FetchError } from './unanswered-fields.ts'

/** Longest message of a subgraph that is passed on. */
const LONGEST_MESSAGE = 1000

/**
 * What a subgraph's errors become for the client: not too many and not too long, each with the subgraph's name, without
 * what would act on the gateway's own answer. One that refuses the fetch as a whole has no path to tell; it becomes one
 * for each field that is null because of it.
 */
export function answeredErrors({ data, errors }: SubgraphAnswer, fetch: Fetch & { subgraph: string }): FetchError[] {
  const all = errors ?? []
  const told = all.length > MOST_ERRORS ? all.slice(0, MOST_ERRORS - 1) : all
  const passedOn = told.map(({ message, path, extensions }): FetchError => {
    const { http: _, ...others } = extensions ?? {}
    return {
      message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message,
      ...(path ? { path } : {}),
      extensions: { ...others, ...codeOf(others, fetch), subgraph: fetch.subgraph },
    }
  })
  const { [0]: first, [passedOn.length - 1]: last } = passedOn
  if (!first || !last) return []
  if (told.length < all.length) {
    passedOn.push({
      message: `${all.length - told.length} more errors of ${fetch.subgraph}.`,
      extensions: last.extensions,
    })
  }
  const isRefusal = !data && all.every(({ path }) => !path)
  return isRefusal ? [...unansweredFields(fetch, first), ...passedOn.slice(1)] : passedOn
}

/**
 * The gateway has validated all of the document but the values of custom scalars, which only subgraphs know. So one that
 * does not validate what it is asked dislikes a value of the client, or was sent none and has another schema than the
 * gateway.
 */
function codeOf({ code }: Record<string, unknown>, fetch: Fetch): { code?: ErrorCode } {
  if (code !== 'GRAPHQL_VALIDATION_FAILED') return {}
  return { code: holdsClientValues(fetch) ? 'BAD_USER_INPUT' : 'DOWNSTREAM_SERVICE_ERROR' }
}
