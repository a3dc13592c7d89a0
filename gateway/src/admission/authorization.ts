import { getNamedType, isCompositeType, type GraphQLField, type GraphQLNamedType, type GraphQLSchema } from 'graphql'
import { createOperationCache } from '../operation-cache.ts'
import { fieldSites, objectsOf, sitePath, sitePathOn } from './field-sites.ts'
import { NOTHING_REFUSED, type Gate, type Refusal, type Refusals } from './gate.ts'
import type { Operation } from '../operation.ts'
import { isMet, type Demand, type Requirements } from '../supergraph/requirements.ts'

const UNAUTHORIZED: Refusal = { message: 'Unauthorized field or type', code: 'UNAUTHORIZED_FIELD_OR_TYPE' }

type Field = GraphQLField<unknown, unknown>

export interface AuthorizationOptions {
  /** What clients see. */
  schema: GraphQLSchema
  requirements: Requirements
  /** For how many operations it is remembered what they demand, and what they refuse to whom. */
  cacheSize: number
}

/**
 * The gate that keeps `@authenticated` and `@requiresScopes`: a field is refused when it, the object that it is of, or
 * the type that it returns demands what the viewer does not have. A field that is selected on an interface or union is
 * refused to the objects of those types that demand it; one that returns an interface or union, when the viewer may see
 * none of its types.
 *
 * Semantics: https://www.apollographql.com/docs/graphos/routing/security/authorization
 */
export function createAuthorization({ schema, requirements, cacheSize }: AuthorizationOptions): Gate {
  if (!requirements.any) return () => NOTHING_REFUSED
  const demandsByOperation = createOperationCache<readonly Demand[]>({ maxEntries: cacheSize })
  const refusalsByOperation = createOperationCache<Refusals>({ maxEntries: cacheSize, sizeOf: charactersIn })

  /** The types that a field's value may be of. */
  function returnedTypes({ type }: Field): readonly GraphQLNamedType[] {
    const named = getNamedType(type)
    return isCompositeType(named) ? objectsOf(named, schema) : [named]
  }

  function demandsIn(operation: Operation): readonly Demand[] {
    const demands = new Set<Demand>()
    for (const { definition, parentType } of fieldSites(operation, schema)) {
      const types = [...objectsOf(parentType, schema), ...returnedTypes(definition)]
      const ofFields = objectsOf(parentType, schema).map(({ name }) => requirements.ofField(name, definition.name))
      for (const demand of [...ofFields, ...types.map(({ name }) => requirements.ofType(name))].flat())
        demands.add(demand)
    }
    return [...demands]
  }

  function refusalsIn(operation: Operation, unmet: ReadonlySet<Demand>): Refusals {
    const someUnmet = (demands: readonly Demand[]) => demands.some((demand) => unmet.has(demand))
    const isHidden = ({ name }: GraphQLNamedType) => someUnmet(requirements.ofType(name))
    const refusals = new Map<string, Refusal>()
    for (const site of fieldSites(operation, schema)) {
      const { definition, parentType } = site
      const returned = returnedTypes(definition)
      const showsNothing = returned.length > 0 && returned.every(isHidden)
      for (const type of objectsOf(parentType, schema)) {
        if (showsNothing || isHidden(type) || someUnmet(requirements.ofField(type.name, definition.name))) {
          refusals.set(sitePathOn(sitePath(site), type), UNAUTHORIZED)
        }
      }
    }
    return refusals
  }

  return (operation, { context: { viewer } }) => {
    const demands = demandsByOperation.get(operation, () => demandsIn(operation))
    const unmet = demands.filter((demand) => !isMet(demand, viewer))
    if (unmet.length === 0) return NOTHING_REFUSED
    const byWhom = unmet.map(({ id }) => id).join()
    return refusalsByOperation.get(operation, () => refusalsIn(operation, new Set(unmet)), byWhom)
  }
}

function charactersIn(refusals: Refusals): number {
  let characters = 0
  for (const key of refusals.keys()) characters += key.length
  return characters
}
