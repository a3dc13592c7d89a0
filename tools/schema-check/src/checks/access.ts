import { dnfConjunction } from '@apollo/federation-internals'
import type { ListSize } from '@portico/gateway/supergraph/list-sizes'
import type { RateLimit } from '@portico/gateway/supergraph/rate-limit-directives'
import type { Demand, Requirements } from '@portico/gateway/supergraph/requirements'
import { isIntrospectionType, isObjectType } from 'graphql'
import { readAccess, type Access } from '../access.ts'
import { createDefinitions } from '../definitions.ts'
import type { Finding } from '../finding.ts'
import type { ComposedGraph } from '../snapshot.ts'
import { createUsers } from '../usage.ts'
import type { Check } from './check.ts'

/**
 * Fields that answer other viewers, or more or less often, than at the base: no change of types, so that nothing else
 * sees it.
 * Whoever reviews the change should, in both directions.
 */
export const checkAccess: Check = ({ now, base }) => {
  if (!now.composed || !base || 'problem' in base.at || !base.at.composed) return []
  const after = readAccess(now.composed)
  const before = readAccess(base.at.composed)
  if (Array.isArray(after) || Array.isArray(before)) return []
  const definitions = createDefinitions(now.subgraphs)
  const usersOf = createUsers(base.at.composed.apiSchema, base.at.operations)
  return inBoth(base.at.composed, now.composed).flatMap((coordinate) => {
    const found = [compareDemands, compareLimits, compareListSizes].map((compare) => compare(coordinate, before, after))
    return found.flatMap((change): Finding[] => {
      if (!change) return []
      const usedBy = usersOf(coordinate)
      const users = usedBy.length === 0 ? '' : ` Used in ${base.ref} by ${usedBy.join(', ')}.`
      const message = `${coordinate} ${change.what}: ${change.from} before, ${change.to} now.${users}`
      const locations = definitions.at(coordinate)
      return [{ check: 'changes', severity: 'warning', code: change.code, message, locations, coordinate, usedBy }]
    })
  })
}

interface Comparison {
  code: string
  what: string
  from: string
  to: string
}

/** The coordinates of the types, and of the fields of objects, that two graphs have in common. */
function inBoth(before: ComposedGraph, after: ComposedGraph): string[] {
  const coordinates = ({ apiSchema }: ComposedGraph) =>
    Object.values(apiSchema.getTypeMap()).flatMap((type) => {
      if (isIntrospectionType(type)) return []
      const fields = isObjectType(type) ? Object.keys(type.getFields()) : []
      return [type.name, ...fields.map((field) => `${type.name}.${field}`)]
    })
  const known = new Set(coordinates(before))
  return coordinates(after).filter((coordinate) => known.has(coordinate))
}

/** Lists of what a viewer must hold together, of which one is enough; the empty list is everyone. */
type Allowed = readonly (readonly string[])[]

const SIGNED_IN = 'a sign-in'

function compareDemands(coordinate: string, before: Access, after: Access): Comparison | undefined {
  const old = allowed(demandsOf(before.requirements, coordinate))
  const current = allowed(demandsOf(after.requirements, coordinate))
  const from = describeAllowed(old)
  const to = describeAllowed(current)
  if (!isWithin(old, current)) return { code: 'AUTHORIZATION_TIGHTENED', what: 'asks more of a viewer', from, to }
  if (!isWithin(current, old)) return { code: 'AUTHORIZATION_LOOSENED', what: 'asks less of a viewer', from, to }
  return undefined
}

function demandsOf(requirements: Requirements, coordinate: string): readonly Demand[] {
  const [type = '', field] = coordinate.split('.')
  return field === undefined ? requirements.ofType(type) : requirements.ofField(type, field)
}

function allowed(demands: readonly Demand[]): Allowed {
  if (demands.length === 0) return [[]]
  return dnfConjunction(demands.map(({ anyOf }) => anyOf.map((allOf) => [SIGNED_IN, ...allOf])))
}

/** Whether everyone whom the first lets in is let in by the second. */
function isWithin(first: Allowed, second: Allowed): boolean {
  return first.every((held) => second.some((allOf) => allOf.every((demanded) => held.includes(demanded))))
}

function describeAllowed(lists: Allowed): string {
  if (lists.length === 0) return 'nobody'
  const demands = lists.map((allOf) => {
    const held = allOf.filter((demanded) => demanded !== SIGNED_IN || allOf.length === 1)
    return held.toSorted().join(' and ') || 'nothing'
  })
  return demands.toSorted().join(', or ')
}

function compareLimits(coordinate: string, before: Access, after: Access): Comparison | undefined {
  const old = before.limits.get(coordinate)
  const current = after.limits.get(coordinate)
  const from = describeLimit(old)
  const to = describeLimit(current)
  if (from === to) return undefined
  if (old && current && old.scope !== current.scope) {
    return { code: 'RATE_LIMIT_CHANGED', what: 'is limited otherwise', from, to }
  }
  return isTighter(old, current)
    ? { code: 'RATE_LIMIT_TIGHTENED', what: 'answers less often', from, to }
    : { code: 'RATE_LIMIT_LOOSENED', what: 'answers more often', from, to }
}

function isTighter(old: RateLimit | undefined, current: RateLimit | undefined): boolean {
  if (!old || !current) return old === undefined
  return current.limit < old.limit || current.limit / current.durationS < old.limit / old.durationS
}

function describeLimit(limit: RateLimit | undefined): string {
  return limit ? `${limit.limit} in ${limit.durationS} s for each ${limit.scope.toLowerCase()}` : 'no limit'
}

function compareListSizes(coordinate: string, before: Access, after: Access): Comparison | undefined {
  const from = describeListSize(before.listSizes.get(coordinate))
  const to = describeListSize(after.listSizes.get(coordinate))
  if (from === to) return undefined
  return { code: 'LIST_SIZE_CHANGED', what: 'counts otherwise for the limits of what is below it', from, to }
}

function describeListSize(size: ListSize | undefined): string {
  if (!size) return 'no @listSize'
  const { assumedSize, slicingArguments, sizedFields } = size
  const parts = [
    ...(assumedSize === undefined ? [] : [`${assumedSize} assumed`]),
    ...(slicingArguments.length === 0 ? [] : [`by ${slicingArguments.map((path) => path.join('.')).join(', ')}`]),
    ...(sizedFields.size === 0 ? [] : [`of ${[...sizedFields].join(', ')}`]),
  ]
  return parts.join(' ') || 'an empty @listSize'
}
