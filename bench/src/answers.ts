import { isDeepStrictEqual } from 'node:util'

/** What the right answer of a workload is made of. */
export interface AnswerShape {
  bytes: number
  /** Values that are no list and no object. */
  leaves: number
  /** Of those. */
  nulls: number
  objects: number
  /** Characters (UTF-16). */
  longestText: number
}

/** Measures an answer's data. */
export function shapeOf(data: unknown): AnswerShape {
  const shape = { bytes: Buffer.byteLength(JSON.stringify({ data })), leaves: 0, nulls: 0, objects: 0, longestText: 0 }
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) shape.objects++
      for (const inner of Object.values(value)) visit(inner)
      return
    }
    shape.leaves++
    if (value === null || value === undefined) shape.nulls++
    if (typeof value === 'string') shape.longestText = Math.max(shape.longestText, value.length)
  }
  visit(data)
  return shape
}

/** What is wrong with an answer; undefined: nothing. The order of an object's keys is not looked at. */
export function mistakeIn(text: string, expected: unknown): string | undefined {
  let answered: { data?: unknown; errors?: readonly { message?: string }[] }
  try {
    answered = JSON.parse(text) as typeof answered
  } catch {
    return `no JSON: ${text.slice(0, 100)}`
  }
  if (answered.errors?.length) {
    return `${answered.errors.length} errors, the first: ${answered.errors[0]?.message?.slice(0, 200)}`
  }
  // JSON has no undefined, so both are compared as JSON.
  const wanted: unknown = JSON.parse(JSON.stringify(expected))
  return isDeepStrictEqual(answered.data, wanted)
    ? undefined
    : `differs at ${firstDifference(answered.data, wanted, 'data')}`
}

function firstDifference(left: unknown, right: unknown, path: string): string {
  if (isObject(left) && isObject(right)) {
    for (const key of new Set([...Object.keys(right), ...Object.keys(left)])) {
      if (!isDeepStrictEqual(left[key], right[key])) return firstDifference(left[key], right[key], `${path}.${key}`)
    }
  }
  return `${path}: ${shown(left)} in place of ${shown(right)}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80)
}
