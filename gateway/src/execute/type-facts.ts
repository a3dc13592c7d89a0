import { isAbstractType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql'
import type { MatchesType } from './fetch/representation.ts'

/** What fetches need to know of the supergraph's types. */
export interface TypeFacts {
  /** Names of interfaces that are objects to some subgraph, which can't tell of what type they are. */
  interfaceObjects: ReadonlySet<string>
  /** The supergraph, with all that clients may not see. */
  schema: GraphQLSchema
  matches: MatchesType
  isInterface: (typename: unknown) => boolean
}

/** Reads them from the supergraph. */
export function createTypeFacts(schema: GraphQLSchema, interfaceObjects: TypeFacts['interfaceObjects']): TypeFacts {
  const interfaces = new Set<unknown>(
    Object.values(schema.getTypeMap())
      .filter(isInterfaceType)
      .map(({ name }) => name),
  )

  return {
    schema,
    interfaceObjects,
    isInterface: (typename) => interfaces.has(typename),
    matches(typename, condition) {
      if (typename === condition) return true
      const [type, meant] = [schema.getType(typename), schema.getType(condition)]
      if (!isAbstractType(meant)) return false
      return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(meant, type)
    },
  }
}
