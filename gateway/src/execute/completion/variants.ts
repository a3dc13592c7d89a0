import { isInterfaceType, type GraphQLCompositeType, type GraphQLSchema } from 'graphql'
import { objectsOf } from '../../admission/field-sites.ts'
import {
  createCollectFields,
  isPartOf,
  typeConditionsIn,
  type CollectOptions,
  type Occurrence,
  type RuntimeType,
  type Source,
} from './collect.ts'

/** What is answered of objects of some types: the same of each. */
export interface Variant {
  types: readonly [RuntimeType, ...RuntimeType[]]
  occurrences: readonly Occurrence[]
}

export interface Variants {
  variants: readonly Variant[]
  /** Which variant an object is of, by the name of its type. */
  indexOf: ReadonlyMap<unknown, number>
}

/** What the objects of a type are asked for. */
export interface Selected {
  type: GraphQLCompositeType
  sources: readonly Source[]
  /** As what a field of objects of a type is refused, if it is; left out when nothing is. */
  refusalOf: ((name: string, type: RuntimeType) => string | undefined) | undefined
}

type Alike = Variant['types']

/** Types to which the same type conditions apply. */
interface Groups {
  groups: readonly Alike[]
  indexOf: ReadonlyMap<unknown, number>
}

/**
 * Finds out what is to be answered of objects of each type that there can be. Hundreds of types may have an interface of
 * which an operation selects hundreds of times: what they have in common is worked out once.
 */
export function createVariants(options: CollectOptions): (selected: Selected) => Variants {
  const { operation, schema } = options
  const collectFields = createCollectFields(options)
  const known = new Map<string, Groups>()
  const uniform = new Map<Alike, Map<string, boolean>>()

  function groupsOf(type: GraphQLCompositeType, sources: readonly Source[]): Groups {
    const conditions = [...typeConditionsIn(sources, operation)]
    const key = [type.name, ...conditions].join(' ')
    let groups = known.get(key)
    if (!groups) known.set(key, (groups = group(runtimeTypesOf(type, schema), conditions)))
    return groups
  }

  function group(types: readonly RuntimeType[], conditions: readonly string[]): Groups {
    const groups = groupTypes(types, (type) => conditions.map((name) => isPartOf(schema, type, name)).join())
    return { groups, indexOf: indexOfTypes(groups) }
  }

  /** What the type of an object says about a field. */
  function typeOf(type: RuntimeType, fieldName: string): string {
    return fieldName === '__typename' ? String(isInterfaceType(type)) : String(type.getFields()[fieldName]?.type)
  }

  function isOfOneType(types: Alike, fieldName: string): boolean {
    const ofTypes = uniform.get(types) ?? new Map<string, boolean>()
    uniform.set(types, ofTypes)
    let isUniform = ofTypes.get(fieldName)
    if (isUniform === undefined) {
      isUniform = new Set(types.map((type) => typeOf(type, fieldName))).size === 1
      ofTypes.set(fieldName, isUniform)
    }
    return isUniform
  }

  /**
   * A subgraph to which an interface is an object is not asked for types that nothing depends on, or nothing that is not
   * excluded by a condition.
   */
  function mayBeUntold(type: GraphQLCompositeType, sources: readonly Source[]): boolean {
    if (!isInterfaceType(type)) return false
    if (options.interfaceObjects?.has(type.name)) return true
    return [...typeConditionsIn(sources, operation)].every((name) => isPartOf(schema, type, name))
  }

  return ({ type, sources, refusalOf }) => {
    const { groups, indexOf } = groupsOf(type, sources)
    const variants = groups.flatMap((types): Variant[] => {
      const occurrences = collectFields(sources, types[0], type.name)
      const fields = [...new Set(occurrences.map(({ field }) => field))]
      const different = refusalOf ? fields : fields.filter(({ node }) => !isOfOneType(types, node.name.value))
      if (different.length === 0) return [{ types, occurrences }]
      const traitsOf = (one: RuntimeType) =>
        different.map(({ node, name }) => [typeOf(one, node.name.value), refusalOf?.(name, one)].join('@'))
      return groupTypes(types, (one) => traitsOf(one).join()).map((alike) => ({ types: alike, occurrences }))
    })
    const isWhole = variants.length === groups.length
    const indices = isWhole ? indexOf : indexOfTypes(variants.map(({ types }) => types))
    const own = mayBeUntold(type, sources) ? indices.get(type.name) : undefined
    return { variants, indexOf: own === undefined ? indices : new Map([...indices, [undefined, own]]) }
  }
}

/** The type of an object may also be known only as an interface; its fields are all that is known then. */
function runtimeTypesOf(type: GraphQLCompositeType, schema: GraphQLSchema): RuntimeType[] {
  const interfaces = isInterfaceType(type) ? [type, ...schema.getImplementations(type).interfaces] : []
  return [...objectsOf(type, schema), ...interfaces]
}

function groupTypes(types: readonly RuntimeType[], signatureOf: (type: RuntimeType) => string): Alike[] {
  return [...Map.groupBy(types, signatureOf).values()].flatMap(([first, ...others]) =>
    first ? [[first, ...others]] : [],
  )
}

function indexOfTypes(groups: readonly Alike[]): ReadonlyMap<unknown, number> {
  return new Map(groups.flatMap((types, index) => types.map(({ name }) => [name, index] as const)))
}
