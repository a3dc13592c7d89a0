import {
  getNullableType,
  GraphQLNonNull,
  GraphQLString,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql'
import { objectsOf, pathIn, sitePathOn } from '../../admission/field-sites.ts'
import { literal, read } from '../code.ts'
import {
  otherTypesIn,
  type CollectedField,
  type CollectOptions,
  type Occurrence,
  type RuntimeType,
  type Source,
} from './collect.ts'
import { ALWAYS, type Condition } from './condition.ts'
import {
  assembleProgram,
  conditionText,
  createNumbering,
  functionText,
  isOfScalar,
  keptFunctionText,
  neededFunctionText,
  notAnObject,
  sumOf,
} from './program-text.ts'
import { levelBelow, type Site } from './site.ts'
import { completeLeaf, objectText, type Completed, type CompletedField, type CompletedValue } from './texts.ts'
import { createVariants, type Variant } from './variants.ts'

export interface ProgramOptions extends CollectOptions {
  root: GraphQLObjectType
  /** The keys of refused fields. */
  refused: ReadonlySet<string>
  /** The places of the tree where one object stands for all that say the same. */
  united: ReadonlySet<string>
}

/** The source of a program, and what its numbers stand for. */
export interface Program {
  /**
   * An expression: a function of the root object, the variables and whether strings may have to be escaped, which returns
   * the text of what is answered, or undefined.
   */
  source: string
  sites: readonly Site[]
  refusedAs: ReadonlyMap<Site, string>
  /** The values of enums: `enums` of the source. */
  enums: readonly ReadonlySet<unknown>[]
  /** Which variant objects are of, by the names of their types: `kinds` of the source. */
  kinds: readonly ReadonlyMap<unknown, number>[]
}

/** What objects at one place are asked for. */
interface Asked {
  type: GraphQLCompositeType
  sources: readonly Source[]
  /** Undefined at the root. */
  site: Site | undefined
  /** As in the keys of refused fields. */
  path: string
  /** As `placeOf` says where objects are in the tree. */
  place: string
  /** The functions of objects within, since several types may be asked for the same there. */
  within: Map<string, string>
}

/** What the objects of a field are asked for, in lists or not. */
interface AskedBelow extends Pick<Asked, 'sources' | 'path' | 'place'> {
  name: string
  shared: Map<string, string>
}

interface FieldOfVariant {
  field: CollectedField
  variant: Variant
  asked: Asked
}

/** Scalars whose values are no strings. */
const UNQUOTED: ReadonlySet<string> = new Set(['Int', 'Float', 'Boolean'])

const TYPENAME_TYPE = new GraphQLNonNull(GraphQLString)

/**
 * Writes the program that completes the values of an operation: one function for each place of lists and objects, which
 * returns the text of the completed value, or undefined where an error makes null of it. `at` holds which items are being completed.
 */
export function generateProgram(options: ProgramOptions): Program {
  const { operation, schema, root, refused, united } = options
  const variantsOf = createVariants(options)
  const sites = createNumbering<Site>()
  const refusedAs = new Map<Site, string>()
  const enums = createNumbering<GraphQLEnumType>()
  const kinds = createNumbering<ReadonlyMap<unknown, number>>()
  const sets = createNumbering<SelectionSetNode>()
  const conditions = createNumbering<string>()
  const functions: (() => string)[] = []

  /** Functions are written one after the other, since operations may nest deeper than the stack. */
  function later(kind: string, write: (name: string) => string): string {
    const name = `${kind}${functions.length}`
    functions.push(() => write(name))
    return name
  }

  function objectFunction(asked: Asked): string {
    const { type, sources, site, path, place } = asked
    return later('object', (name) => {
      const refusalAt = (field: string, one: RuntimeType) => refusalOf(pathIn(path, field), one)
      const { variants, indexOf } = variantsOf({ type, sources, refusalOf: refused.size > 0 ? refusalAt : undefined })
      const fields = isObjectType(type) ? variants.flatMap((variant) => fieldsOf(variant, asked)) : []
      if (!site) return neededFunctionText(name, type.name, fields)
      const number = sites.numberOf(site)
      const body = isObjectType(type)
        ? fields
        : [
            ...guardsOf(asked, number),
            `switch (kind${kinds.numberOf(indexOf)}.get(v.__typename)) {`,
            ...variants.map((variant, index) => `case ${index}: return ${variantFunction(variant, asked)}(v)`),
            '}',
            `return unknownType(v.__typename, ${number})`,
          ]
      const whole = [`if (${notAnObject('v')}) return notObject(v, ${number})`, ...body]
      return united.has(place) ? keptFunctionText(name, type.name, whole) : neededFunctionText(name, type.name, whole)
    })
  }

  /** An object of which only an interface is known has to be null where fields are asked for that its type may have. */
  function guardsOf({ type, sources }: Asked, number: number): string[] {
    if (!isInterfaceType(type)) return []
    return [type, ...schema.getImplementations(type).interfaces].flatMap((known) => {
      const others = otherTypesIn(sources, known, options)
      if (others.length === 0) return []
      const isKnown = `v.__typename === ${literal(known.name)}`
      const isUntold = known === type ? `(v.__typename === undefined || ${isKnown})` : isKnown
      const when = others.map((condition) => conditionNames(condition).join(' && ') || 'true')
      return [`if (${isUntold} && (${when.join(' || ')})) return unknownType(v.__typename, ${number})`]
    })
  }

  function variantFunction(variant: Variant, asked: Asked): string {
    const names = variant.types.map((type) => type.name)
    const about = names.length > 3 ? `${names[0]} and ${names.length - 1} others` : names.join(', ')
    return later('variant', (name) => functionText(name, about, fieldsOf(variant, asked)))
  }

  /** Statements that complete the fields of an object and return its text. */
  function fieldsOf(variant: Variant, asked: Asked): string[] {
    const variables = new Map<CollectedField, string>()
    function completeField({ field }: Occurrence): CompletedField {
      const x = variables.get(field) ?? `x${variables.size}`
      variables.set(field, x)
      return { name: field.name, x, ...valueOf(x, { field, variant, asked }) }
    }
    const first = variant.occurrences.findIndex(({ condition }) => condition !== ALWAYS)
    const always = first < 0 ? variant.occurrences : variant.occurrences.slice(0, first)
    const apart = (body: readonly string[]) =>
      later('checked', (name) => functionText(name, variant.types[0].name, body))
    const begun = objectText(always.map(completeField), { isWhole: first < 0, apart })
    if (first < 0) return begun
    // From here on the order is that of the first occurrence that counts.
    const others = variant.occurrences.slice(first).flatMap((occurrence) => {
      const isAgain = variables.has(occurrence.field)
      const { name, x, value, steps } = completeField(occurrence)
      const guards = [...conditionNames(occurrence.condition), ...(isAgain ? [`${x} === undefined`] : [])]
      const statements = [`${x} = ${value}`, ...steps, `r += ${sumOf([{ text: `,"${name}":` }, { code: x }])}`]
      return [
        ...(isAgain ? [] : [`let ${x}`]),
        ...(guards.length === 0 ? statements : [`if (${guards.join(' && ')}) {`, ...statements, '}']),
      ]
    })
    return [...begun, ...others, always.length > 0 ? 'return r + "}"' : 'return "{" + r.slice(1) + "}"']
  }

  function conditionNames(condition: Condition): string[] {
    return condition === ALWAYS ? [] : [`condition${conditions.numberOf(conditionText(condition))}`]
  }

  function valueOf(x: string, { field, variant, asked }: FieldOfVariant): CompletedValue {
    const [type] = variant.types
    const { node, name, key, sources } = field
    const fieldName = node.name.value
    const coordinate = `${variant.types.length === 1 ? type.name : field.on}.${fieldName}`
    if (fieldName === '__typename') {
      if (isObjectType(type)) {
        const isOfOne = isObjectType(asked.type)
        return { value: isOfOne ? literal(`"${type.name}"`) : `'"' + v.__typename + '"'`, steps: [] }
      }
      const site: Site = { parent: asked.site, key: name, type: TYPENAME_TYPE, field: coordinate }
      return { value: 'undefined', steps: [`return unknownTypename(${sites.numberOf(site)})`] }
    }
    if (!asked.site && (fieldName === '__schema' || fieldName === '__type')) {
      return { value: `introspected(${literal(key)})`, steps: [] }
    }
    const definition = type.getFields()[fieldName]
    if (!definition) throw new Error(`${type.name} has no field "${fieldName}".`)
    const site: Site = { parent: asked.site, key: name, type: definition.type, field: coordinate }
    const path = pathIn(asked.path, name)
    const place = asked.place === '' ? key : `${asked.place}.${key}`
    const refusal = refusalOf(path, type)
    if (refusal !== undefined) {
      refusedAs.set(site, refusal)
      const told = `refused(${sites.numberOf(site)})`
      return {
        value: 'undefined',
        steps: [isNonNullType(definition.type) ? `return ${told}` : `${x} = ${told} ?? "null"`],
      }
    }
    return { value: read('v', key), ...complete(x, site, { name, sources, path, place, shared: asked.within }) }
  }

  /** The key by which a field is refused. Where its object may be of a type that it is refused to, it is. */
  function refusalOf(path: string, type: RuntimeType): string | undefined {
    if (refused.size === 0) return undefined
    if (refused.has(path)) return path
    return objectsOf(type, schema)
      .map((object) => sitePathOn(path, object))
      .find((key) => refused.has(key))
  }

  function complete(x: string, site: Site, below: AskedBelow): Completed {
    const number = sites.numberOf(site)
    const type = getNullableType(site.type)
    const isNonNull = isNonNullType(site.type)
    if (isLeafType(type)) {
      const isOne = isEnumType(type) ? `enum${enums.numberOf(type)}.has(${x})` : isOfScalar(type.name, x)
      return completeLeaf({ x, number, isNonNull, isOne, isQuoted: !UNQUOTED.has(type.name) })
    }
    const name = isListType(type) ? listFunction(type, site, below) : sharedFunction(type, site, below)
    return {
      steps: isNonNull
        ? [`if (${x} == null) return absent(${number})`, `if ((${x} = ${name}(${x})) === undefined) return`]
        : [`${x} = ${x} == null ? "null" : ${name}(${x}) ?? "null"`],
    }
  }

  function listFunction(type: GraphQLList<GraphQLOutputType>, site: Site, below: AskedBelow): string {
    const number = sites.numberOf(site)
    const level = levelBelow(site)
    const items: Site = { parent: site, key: level, type: type.ofType, field: site.field }
    return later('list', (name) =>
      neededFunctionText(name, `${String(type)} of ${site.field}`, [
        `if (!Array.isArray(v)) return notList(v, ${number})`,
        'let r = "["',
        'for (let i = 0; i < v.length; i++) {',
        `at[${level}] = i`,
        'let x = v[i]',
        ...complete('x', items, below).steps,
        'r += i === 0 ? x : "," + x',
        '}',
        'return r + "]"',
      ]),
    )
  }

  /** The function of objects of a field, which is that of another type's field where the same is asked at the same path. */
  function sharedFunction(type: GraphQLCompositeType, site: Site, below: AskedBelow): string {
    const { name, sources, path, place, shared } = below
    const asks = sources.map(({ set, condition }) => `${sets.numberOf(set)} ${condition.key}`)
    const key = [name, type.name, ...asks].join()
    let known = shared.get(key)
    if (known === undefined)
      shared.set(key, (known = objectFunction({ type, sources, site, path, place, within: new Map() })))
    return known
  }

  const sources = [{ set: operation.definition.selectionSet, condition: ALWAYS }]
  const rootFunction = objectFunction({ type: root, sources, site: undefined, path: '', place: '', within: new Map() })
  const texts: string[] = []
  // Writing one may ask for further ones.
  for (const write of functions) texts.push(write())
  const numbers = { enums: [...enums.things].length, kinds: [...kinds.things].length }
  return {
    source: assembleProgram({ texts, rootFunction, conditions: [...conditions.things], ...numbers }),
    sites: [...sites.things],
    refusedAs,
    enums: Array.from(enums.things, (type) => new Set(type.getValues().map(({ name }) => name))),
    kinds: [...kinds.things],
  }
}
