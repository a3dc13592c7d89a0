import { isEnumType, type GraphQLLeafType } from 'graphql'

/** Writers of JSON go to the bottom of a value by recursion. */
const DEEPEST = 500

/** Whole numbers, such as 5 and 5.0, of any length. */
const WHOLE = /^(-?\d+)(?:\.0+)?$/

const LARGEST_INT = 2 ** 31 - 1

/**
 * Coerces a result to a scalar or enum; undefined: it is no value of the type. What JSON can say in one way only is
 * accepted only so, since a subgraph that answers "5" for an Int has another schema; but an ID may be an integer, which
 * is written as a string, and so may numbers be `JSON.rawJSON`, whose digits are kept.
 *
 * Source: https://spec.graphql.org/September2025/#sec-Scalars
 */
export function coerceLeaf(type: GraphQLLeafType, value: unknown): unknown {
  if (isEnumType(type)) return typeof value === 'string' && type.getValue(value) ? value : undefined
  switch (type.name) {
    case 'String':
      return typeof value === 'string' ? value : undefined
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'ID':
      return typeof value === 'string' ? value : wholeNumber(value)
    case 'Int': {
      const number = Number(wholeNumber(value))
      return number >= -LARGEST_INT - 1 && number <= LARGEST_INT ? number : undefined
    }
    case 'Float':
      return isFinite(value) ? value : undefined
    default:
      return (typeof value !== 'number' || isFinite(value)) && !isDeeper(value, DEEPEST) ? value : undefined
  }
}

/** The digits of an integer; those that a number has lost are no reason to make others up. */
function wholeNumber(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return JSON.isRawJSON(value) ? WHOLE.exec(value.rawJSON)?.[1] : undefined
}

function isFinite(value: unknown): boolean {
  return Number.isFinite(JSON.isRawJSON(value) ? Number(value.rawJSON) : value)
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1))
}
