import { getArgumentValues, isInterfaceType, isObjectType, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { createOperationCache } from '../../operation-cache.ts'
import type { Operation } from '../../operation.ts'
import { expectedSize, type ListSize } from '../../supergraph/list-sizes.ts'
import { fieldSites, objectsOf, sitePath, sitePathOn, type FieldSite } from '../field-sites.ts'

/** What one field of an answer costs at one limit. */
export interface Charge {
  /** Where the limit is, such as `Query.products`. */
  coordinate: string
  /** Which fields of the answer are refused without it, as `Refusals` name them. */
  refuses: ReadonlySet<string>
  /** Response names down to the field. */
  path: string
  /** Where the operation selects it: several places that merge are one field. */
  sites: readonly FieldSite[]
  /** How many fields that it is below are charged themselves. */
  level: number
  /** A whole number from 1. */
  points: number
}

export interface ChargesOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** Whether there is a limit on a coordinate. */
  isLimited: (coordinate: string) => boolean
  listSizes: ReadonlyMap<string, ListSize>
  /** Most operations whose limited fields are kept. */
  cacheSize: number
}

/** A field of an answer that is charged, whatever the variables come to. */
type ChargedField = Omit<Charge, 'points'>

type Variables = Readonly<Record<string, unknown>>

/** Enough to be above every limit, and far from where whole numbers end. */
const MOST_POINTS = 1e12

/**
 * Counts what an operation costs at the limits of its fields, in the order of its text, for coerced variables. Each
 * selected occurrence is one point, times the entries of the longest list in its arguments, times the expected sizes of
 * the lists above it.
 */
export function createCharges(options: ChargesOptions): (operation: Operation, variables: Variables) => Charge[] {
  const { schema, isLimited, listSizes, cacheSize: maxEntries } = options
  const known = createOperationCache<readonly ChargedField[]>({ maxEntries })

  function chargedFields(operation: Operation, variables: Variables): readonly ChargedField[] {
    // Most operations have none, whatever their variables.
    if (known.get(operation, () => findChargedFields(operation), 'any').length === 0) return []
    const variant = JSON.stringify(operation.switches.map((name) => variables[name]))
    return known.get(operation, () => findChargedFields(operation, variables), variant)
  }

  function findChargedFields(operation: Operation, variables?: Variables): ChargedField[] {
    const fields = new Map<string, { coordinate: string; path: string; refuses: Set<string>; sites: FieldSite[] }>()
    for (const site of fieldSites(operation, schema, variables)) {
      for (const { coordinate, on } of limitsAt(site)) {
        const path = sitePath(site)
        const field = fields.get(`${path} ${coordinate}`) ?? { coordinate, path, refuses: new Set(), sites: [] }
        fields.set(`${path} ${coordinate}`, field)
        field.refuses.add(on ? sitePathOn(path, on) : path)
        field.sites.push(site)
      }
    }
    const found = [...fields.values()]
    const charged = new Set(found.map(({ path }) => path))
    return found.map((field) => ({ ...field, level: levelOf(field.sites[0], charged) }))
  }

  /** The limits that may hold at a site, each with the one object type that it is about, if it is not all of them. */
  function limitsAt(site: FieldSite): { coordinate: string; on: GraphQLObjectType | undefined }[] {
    const { parentType } = site
    const narrow = isObjectType(parentType) ? parentType : undefined
    const own = ownAndInherited(site).map((coordinate) => ({ coordinate, on: narrow }))
    const byType = objectsOf(parentType, schema).flatMap((on) =>
      ownAndInherited(site, on).map((coordinate) => ({ coordinate, on })),
    )
    const covered = new Set(own.map(({ coordinate }) => coordinate))
    return [...own, ...byType.filter(({ coordinate }) => !covered.has(coordinate))].filter(({ coordinate }) =>
      isLimited(coordinate),
    )
  }

  function sizesAt(site: FieldSite): ListSize[] {
    const objects = objectsOf(site.parentType, schema)
    const coordinates = [...ownAndInherited(site), ...objects.flatMap((type) => ownAndInherited(site, type))]
    return coordinates.map((coordinate) => listSizes.get(coordinate)).filter((size) => size !== undefined)
  }

  function expectedSizeAt(site: FieldSite, variables: Variables): number {
    const { parent, definition } = site
    const sizedByParent = parent ? sizesAt(parent).filter(({ sizedFields }) => sizedFields.has(definition.name)) : []
    const sized = parent && sizedByParent.length > 0 ? parent : site
    const sizes = sized === parent ? sizedByParent : sizesAt(site).filter(({ sizedFields }) => sizedFields.size === 0)
    return Math.max(1, ...sizes.map((size) => expectedSize(size, argumentsAt(sized, variables))))
  }

  function pointsAt(site: FieldSite, variables: Variables): number {
    let points = Math.min(longestList(argumentsAt(site, variables)), MOST_POINTS)
    for (let above = site.parent; above; above = above.parent) {
      points = Math.min(points * expectedSizeAt(above, variables), MOST_POINTS)
    }
    return points
  }

  return (operation, variables) =>
    chargedFields(operation, variables).map((field) => ({
      ...field,
      points: Math.max(...field.sites.map((site) => pointsAt(site, variables))),
    }))
}

/** The coordinates of a site's field on its type, or on another one, and on the interfaces of that type. */
function ownAndInherited({ parentType, definition }: FieldSite, type = parentType): string[] {
  const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : []
  return [type, ...interfaces].map(({ name }) => `${name}.${definition.name}`)
}

function levelOf(site: FieldSite | undefined, charged: ReadonlySet<string>): number {
  let level = 0
  for (let above = site?.parent; above; above = above.parent) if (charged.has(sitePath(above))) level += 1
  return level
}

/** The entries of the longest list in a value, those of lists in lists and in its objects together; at least 1. */
function longestList(value: unknown): number {
  if (Array.isArray(value))
    return Math.max(
      1,
      value.reduce<number>((sum, entry) => sum + longestList(entry), 0),
    )
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((longest, entry) => Math.max(longest, longestList(entry)), 1)
}

function argumentsAt({ definition, field }: FieldSite, variables: Variables): Record<string, unknown> {
  try {
    return getArgumentValues(definition, field, variables)
  } catch {
    // Null where the field wants a value: its execution fails by itself.
    return {}
  }
}
