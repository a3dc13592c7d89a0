import { describe, expect, it } from '@jest/globals'
import { assert, gen, interruptAfterTimeLimit, nat, property } from 'fast-check'
import {
  buildSchema,
  executeSync,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { Refusals } from '../src/admission/gate.ts'
import { responseNameOf, type Operation } from '../src/operation.ts'
import { complete, operationOf } from './completed.ts'
import { CONDITION_VARIABLES, randomQuery, type Random } from './random-operations.ts'

type Tree = Record<string, unknown>

const LEAVES = ['Int', 'Float', 'String', 'Boolean', 'ID', 'Mood', 'Json']
const OBJECTS = ['A', 'B', 'C']

/** A schema with interfaces one of which implements the other, a union, and fields whose types differ between objects. */
function randomSchema(random: Random): string {
  const wrap = (type: string): string =>
    [type, type, `${type}!`, `[${type}]`, `[${type}!]`, `[${type}]!`, `[[${type}!]]`][random(7)] ?? type
  const one = (names: readonly string[]) => names[random(names.length)] ?? 'Int'
  const typeOf = () => wrap(one(random(3) === 0 ? [...OBJECTS, 'Item', 'Wide', 'Any'] : LEAVES))
  const fields = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}: ${typeOf()}`).join(' ')
  const item = fields('i', 3)
  const wide = fields('w', 2)
  // A field that an interface lets be null may be promised by an object.
  const promised = (text: string) =>
    text.replaceAll(/(\w+: \S+)/g, (field) => (!field.endsWith('!') && random(4) === 0 ? `${field}!` : field))
  return `
    type Query { ${fields('q', 4)} items: [Item] any: Any }
    interface Wide { ${wide} }
    interface Item implements Wide { ${wide} ${item} }
    union Any = A | C
    enum Mood { GOOD BAD }
    scalar Json
    type A implements Item & Wide { ${promised(wide)} ${promised(item)} ${fields('a', 2)} }
    type B implements Item & Wide { ${promised(wide)} ${promised(item)} ${fields('b', 2)} }
    type C implements Wide { ${promised(wide)} ${fields('c', 2)} }`
}

/** The fields of an object, whatever conditions say. */
function fieldsOf(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  context: Context,
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        fields.set(responseNameOf(selection), [...(fields.get(responseNameOf(selection)) ?? []), selection])
        continue
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : context.operation.fragments[selection.name.value]
      const condition = fragment?.typeCondition && context.schema.getType(fragment.typeCondition.name.value)
      const isMeant =
        !condition || condition === type || (isAbstractType(condition) && context.schema.isSubType(condition, type))
      if (fragment && isMeant) collect(fragment.selectionSet)
    }
  }
  for (const set of sets) collect(set)
  return fields
}

interface Context {
  schema: GraphQLSchema
  operation: Operation
  random: Random
}

const WRONG: Readonly<Record<string, unknown[]>> = {
  Int: ['one', 1.5, 2 ** 31, {}, [1]],
  Float: ['one', {}, [1.5]],
  String: [{}, ['a']],
  Boolean: ['yes', {}],
  ID: [1.5, {}, true],
  Mood: ['ELATED', 1, {}],
}

const RIGHT: Readonly<Record<string, unknown[]>> = {
  Int: [0, -7, 2 ** 31 - 1],
  Float: [0, 0.1, -1e300, 5],
  String: ['', 'plain', '"quoted"\\\n', '\ud800 half', 'a long one '.repeat(20), '\u2028é'],
  Boolean: [true, false],
  ID: ['a', '1', 12],
  Mood: ['GOOD', 'BAD'],
  Json: [{ a: [1, { b: null }] }, [], 'text', 1.5, false],
}

/** A value as subgraphs may answer it: seldom null, missing, or of another type. */
function randomValue(type: GraphQLOutputType, sets: readonly SelectionSetNode[], context: Context): unknown {
  const { random, schema } = context
  const pick = (values: readonly unknown[]) => values[random(values.length)]
  if (isNonNullType(type)) {
    return random(12) === 0 ? pick([null, undefined]) : randomValue(type.ofType, sets, context)
  }
  if (random(8) === 0) return pick([null, undefined])
  if (isListType(type)) {
    if (random(15) === 0) return pick([{}, 'text', 1])
    return Array.from({ length: random(4) }, () => randomValue(type.ofType, sets, context))
  }
  if (!isCompositeType(type)) return pick((random(15) === 0 ? WRONG[type.name] : RIGHT[type.name]) ?? [1])
  if (random(15) === 0) return pick([[], 'text', 1, { __typename: 'Nothing' }])
  const possible = isObjectType(type) ? [type] : schema.getPossibleTypes(type)
  const concrete = possible[random(possible.length)]
  if (!concrete) throw new TypeError(`There are no objects of ${type.name}.`)
  return randomObject(concrete, sets, context)
}

function randomObject(type: GraphQLObjectType, sets: readonly SelectionSetNode[], context: Context): Tree {
  const object: Tree = { __typename: type.name }
  for (const [name, nodes] of fieldsOf(sets, type, context)) {
    const definition = type.getFields()[nodes[0]?.name.value ?? '']
    if (!definition) continue
    const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    object[name] = randomValue(definition.type, below, context)
  }
  return object
}

/** Executes by graphql-js what refused fields throw in. */
function expected({ schema, operation }: Context, rootValue: unknown, refusals: Refusals) {
  const { data = null, errors = [] } = executeSync({
    schema,
    document: operation.document,
    rootValue,
    variableValues: CONDITION_VARIABLES,
    fieldResolver(source: Tree, _args, _context, { path, parentType }) {
      const keys: string[] = []
      for (let at: typeof path | undefined = path; at; at = at.prev)
        if (typeof at.key === 'string') keys.unshift(at.key)
      const refusal = refusals.get(keys.join('.')) ?? refusals.get(`${keys.join('.')}@${parentType.name}`)
      if (refusal) throw new GraphQLError(refusal.message, { extensions: { code: refusal.code } })
      return Object.hasOwn(source, path.key) ? source[path.key] : undefined
    },
    typeResolver: (object: Tree) => (typeof object === 'object' ? String(object['__typename']) : 'Nothing'),
  })
  return { data, paths: errors.map(({ path }) => path) }
}

/** So that graphql-js does not take other values for objects. */
function buildStrictSchema(sdl: string): GraphQLSchema {
  const schema = buildSchema(sdl)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    type.isTypeOf = (value) => typeof value === 'object' && !Array.isArray(value)
  }
  return schema
}

function randomRefusals({ schema, operation, random }: Context): Refusals {
  const refusals = new Map<string, { message: string; code: string }>()
  function walk(set: SelectionSetNode, type: GraphQLCompositeType, path: string): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const here = path === '' ? responseNameOf(selection) : `${path}.${responseNameOf(selection)}`
        const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined
        if (!field) continue
        if (random(12) === 0) {
          const on = isAbstractType(type) ? schema.getPossibleTypes(type)[0] : type
          const isOnOne = random(2) === 0
          refusals.set(isOnOne ? `${here}@${on?.name}` : here, { message: `Not ${here}.`, code: 'REFUSED' })
        }
        const below = getNamedType(field.type)
        if (selection.selectionSet && isCompositeType(below)) walk(selection.selectionSet, below, here)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : operation.fragments[selection.name.value]
      const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
      if (fragment) walk(fragment.selectionSet, isCompositeType(condition) ? condition : type, path)
    }
  }
  const query = schema.getQueryType()
  if (query && random(2) === 0) walk(operation.definition.selectionSet, query, '')
  return refusals
}

describe('completing a tree', () => {
  const seed = Number(process.env['SEED'] ?? 11)
  it(`is what graphql-js makes of it: values, their order, and the paths of errors (seed ${seed})`, () => {
    let nulled = 0
    let plain = 0
    assert(
      property(gen(), (draw) => {
        const random: Random = (below) => draw(nat, { max: Math.max(below - 1, 0) })
        const schema = buildStrictSchema(randomSchema(random))
        const query = randomQuery(schema, random)
        const operation = operationOf(schema, query)
        const context = { schema, operation, random }
        const root = schema.getQueryType()
        if (!root) throw new Error('There is no query root.')
        const data = randomObject(root, [operation.definition.selectionSet], context)
        const refusals = randomRefusals(context)
        const ours = complete(schema, query, data, { variables: CONDITION_VARIABLES, refusals })
        const theirs = expected(context, data, refusals)
        expect(ours.text).toBe(JSON.stringify(theirs.data))
        expect(ours.errors.map(({ path }) => path)).toEqual(theirs.paths)
        if (theirs.paths.length > 0) nulled += 1
        else plain += 1
      }),
      // To make a failing case small takes long.
      { seed, numRuns: 300, plugins: [interruptAfterTimeLimit(45_000)] },
    )
    // Otherwise it would compare nothing.
    expect(Math.min(nulled, plain)).toBeGreaterThan(40)
  }, 60_000)
})
