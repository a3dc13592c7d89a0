import {
  getNamedType,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql'
import { numberOf, wordsOf } from './seeded.ts'

/** An object of the made-up data, as rules see it. */
export interface MockObject {
  /** The same for the same object, whichever way and in whichever subgraph it was reached. */
  seed: string
  /** The value of a field that `@requires` names: it has to have been sent. */
  required(field: string): unknown
}

export type MockRule = (object: MockObject, args: Readonly<Record<string, unknown>>) => unknown

/** What is not left to chance in made-up data. */
export interface MockRules {
  /** The number of an entity, by whichever of its keys it is known; by type. */
  entities: Readonly<Record<string, (known: Readonly<Record<string, unknown>>) => number>>
  /** By `Type.field`. An object needs to hold its key only; a list item that is undefined is made up. */
  fields: Readonly<Record<string, MockRule>>
  /** By name of a scalar that GraphQL does not have. */
  scalars?: Readonly<Record<string, (seed: string) => unknown>>
}

const SEED = Symbol('seed')
interface Known extends Record<string, unknown> {
  [SEED]?: string
}

/** One of so many values that may be null is. */
const NULL_EVERY = 12
const USUAL_LENGTH = 3

/**
 * Resolves every field of any schema by made-up values that depend on nothing but the object and the field. So the same
 * rules answer in each subgraph, and in one schema of everything, where they tell what the right answer is.
 *
 * `isWhole`: there is only this one schema, so what is required of others is here as well.
 */
export function mockResolver(
  rules: MockRules,
  { isWhole }: { isWhole: boolean },
): GraphQLFieldResolver<Known, unknown> {
  const valueOf = (known: Known, field: string, { type, args }: { type: GraphQLObjectType; args: object }): unknown => {
    const given = known[field]
    if (given !== undefined) return given
    const found = type.getFields()[field]
    if (!found) throw new Error(`${type.name} has no field ${field}.`)
    const seed = seedOf(known, type.name)
    const rule = rules.fields[`${type.name}.${field}`]
    const value = rule?.({ seed, required: (name) => requiredOf(known, name, type) }, { ...args })
    return madeUp(found.type, `${seed}.${field}`, value)
  }

  const requiredOf = (known: Known, field: string, type: GraphQLObjectType): unknown => {
    if (!isWhole && known[field] === undefined) throw new Error(`${type.name}.${field} is required and was not sent.`)
    return valueOf(known, field, { type, args: {} })
  }

  const seedOf = (known: Known | undefined, type: string): string => {
    const entity = rules.entities[type]
    if (known && entity) return `${type}:${entity(known)}`
    return known?.[SEED] ?? type
  }

  const madeUp = (type: GraphQLOutputType, seed: string, value: unknown): unknown => {
    if (value === null) return null
    if (value === undefined && !isNonNullType(type) && numberOf(`${seed}?`) % NULL_EVERY === 0) return null
    const inner = getNullableType(type)
    if (isListType(inner)) {
      const itemType = inner.ofType
      const items: readonly unknown[] = Array.isArray(value) ? value : Array.from({ length: USUAL_LENGTH })
      return items.map((item, index) => madeUp(itemType, `${seed}[${index}]`, item))
    }
    if (isLeafType(inner)) return value ?? leaf(inner, seed)
    const named = getNamedType(inner)
    if (!isObjectType(named)) throw new Error(`${named.name} is abstract: no value is made up for it.`)
    return { __typename: named.name, [SEED]: seed, ...value }
  }

  const leaf = (type: GraphQLLeafType, seed: string): unknown => {
    if (isEnumType(type)) return pick(type.getValues(), seed)?.value
    const number = numberOf(seed)
    switch (type.name) {
      case 'Int':
        return number % 1000
      case 'Float':
        return (number % 100_000) / 100
      case 'Boolean':
        return number % 2 === 0
      case 'ID':
        return `id-${number % 100_000}`
      case 'String':
        return wordsOf(seed)
      default: {
        const made = rules.scalars?.[type.name]
        if (!made) throw new Error(`No rule makes up a ${type.name}.`)
        return made(seed)
      }
    }
  }

  return (source, args, _context, info) =>
    valueOf(source ?? {}, info.fieldName, { type: info.parentType, args: args as object })
}

function pick<T>(values: readonly T[], seed: string): T | undefined {
  return values[numberOf(seed) % values.length]
}
