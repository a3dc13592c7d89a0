import type { ClientAnswer, ClientError } from './answer.ts'

type Path = readonly (string | number)[]

/**
 * What is wrong with an answer, given the right one; empty: nothing.
 *
 * Data has to be the same byte for byte. Which of several errors below one null are told is left open by the
 * specification (6.4.4), so of these only the null that they explain is compared; where an error's own field is null,
 * and nothing above it, the path and what a resolver said have to be the same.
 */
export function differences(expected: ClientAnswer, actual: ClientAnswer): string[] {
  if (expected.data !== actual.data) return [otherData(expected, actual)]
  const found: string[] = []
  const expectedNulls = nullsOf(expected)
  const actualNulls = nullsOf(actual)
  for (const [at, errors] of expectedNulls) {
    const answered = actualNulls.get(at)
    if (!answered) found.push(`no error for the null at ${at}: ${errors[0]?.message}`)
    else if (errors.every(({ path }) => JSON.stringify(path) === at)) {
      const messages = new Set(errors.map(({ message }) => message))
      const same = answered.some(({ path }) => JSON.stringify(path) === at)
      if (!same) found.push(`no error at ${at}`)
      const isThrown = errors.some(({ message }) => message.startsWith('boom'))
      if (isThrown && !answered.some(({ message }) => messages.has(message)))
        found.push(`another message at ${at}: ${answered[0]?.message}`)
    }
  }
  for (const [at, errors] of actualNulls) {
    if (!expectedNulls.has(at)) found.push(`an error too many, at ${at}: ${errors[0]?.message}`)
  }
  return found
}

function otherData(expected: ClientAnswer, actual: ClientAnswer): string {
  if (actual.data === undefined) return `not executed: ${actual.errors[0]?.message}`
  if (sortedText(expected.tree) === sortedText(actual.tree)) return 'other order of fields'
  const text = expected.data ?? ''
  const other = actual.data
  let at = 0
  while (at < text.length && text[at] === other[at]) at += 1
  return `other data: ${other.slice(Math.max(0, at - 30), at + 50)} in place of ${text.slice(Math.max(0, at - 30), at + 50)}`
}

/** As JSON, with the names of each object in one order. */
export function sortedText(tree: unknown): string {
  return JSON.stringify(tree, (_, value: unknown) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value) || JSON.isRawJSON(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Errors by the place where they made a null, as JSON. */
function nullsOf({ tree, errors }: ClientAnswer): Map<string, ClientError[]> {
  const nulls = new Map<string, ClientError[]>()
  for (const error of errors) {
    const at = placeOf(tree, error.path)
    // What was asked for a requirement only, and failed, may be told: it has no place in the answer.
    if (at !== undefined) nulls.set(at, [...(nulls.get(at) ?? []), error])
  }
  return nulls
}

function placeOf(tree: unknown, path: Path | undefined): string | undefined {
  if (!path) return 'nowhere'
  let at: unknown = tree
  for (const [index, key] of path.entries()) {
    if (at === null) return JSON.stringify(path.slice(0, index))
    if (typeof at !== 'object' || at === undefined || !Object.hasOwn(at, key)) return undefined
    at = Reflect.get(at, key)
  }
  if (at === null) return JSON.stringify(path)
  // The object that would have lost something by a requirement that failed.
  if (typeof at === 'object' && !Array.isArray(at)) return undefined
  return `${JSON.stringify(path)}, which is not null`
}
