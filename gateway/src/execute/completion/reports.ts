import { getNamedType, GraphQLError, isEnumType, isLeafType, isNonNullType } from 'graphql'
import { errorOf, type Refusals } from '../../admission/gate.ts'
import type { ErrorCode } from '../../error-codes.ts'
import { MOST_ERRORS, summaryOf } from '../error-bound.ts'
import { jsonText } from '../json-text.ts'
import { DISAGREEMENT } from '../tree.ts'
import { createExplainedPaths } from './explained-paths.ts'
import { coerceLeaf } from './leaf.ts'
import { pathAt, type Site } from './site.ts'

/** What a completion is to tell beside its data. */
export interface Reported {
  /** Of fetches. */
  errors: readonly GraphQLError[]
  refusals: Refusals
}

/**
 * What generated code calls about a value that it can't pass on as it is, with the number of its site. An error is
 * reported, unless one of a fetch has explained it.
 */
export interface Complaints {
  /** About null, or what nobody answered, where there must be a value. */
  absent(site: number): undefined
  /**
   * About what is no value of a leaf as the generated code knows them. Returns the text of what it is coerced to; otherwise
   * of null where that may be, or undefined, which makes null of the parent.
   */
  leaf(value: unknown, site: number): string | undefined
  notList(value: unknown, site: number): undefined
  notObject(value: unknown, site: number): undefined
  /** About an object of no type, or of none that there can be. */
  unknownType(typename: unknown, site: number): undefined
  /** About a `__typename` that was asked for when only an interface is known. */
  unknownTypename(site: number): undefined
  /** About a field that is not answered, whatever came. */
  refused(site: number): undefined
}

export interface Reports {
  complaints: Complaints
  /** How often generated code has called one of them. */
  countComplaints: () => number
  /** Whatever is reported from here on belongs to one answer. */
  begin(reported: Reported): void
  /** All errors of the answer, those of fetches first; at most 1001. */
  end(): readonly GraphQLError[]
}

export interface ReportOptions {
  sites: readonly Site[]
  /** The keys of refusals, by site. */
  refusedAs: ReadonlyMap<Site, string>
  /** Which items of lists are being completed, by level. */
  indices: readonly number[]
}

const NOTHING: Reported = { errors: [], refusals: new Map() }

/** Collects the errors of one completion at a time. A thousand are told one by one; the others are only counted. */
export function createReports({ sites, refusedAs, indices }: ReportOptions): Reports {
  let reported = NOTHING
  let told: GraphQLError[] = []
  let untold = 0
  let count = 0
  let firstUntold: GraphQLError | undefined
  let isExplained: ReturnType<typeof createExplainedPaths> | undefined

  function reset(next: Reported): void {
    reported = next
    told = []
    untold = 0
    firstUntold = undefined
    isExplained = undefined
  }

  function siteOf(index: number): Site {
    count += 1
    const site = sites[index]
    if (!site) throw new RangeError(`There is no site ${index}.`)
    return site
  }

  function add(site: Site, toError: (path: (string | number)[]) => GraphQLError): undefined {
    const isTold = reported.errors.length + told.length < MOST_ERRORS
    if (isTold) told.push(toError(pathAt(site, indices)))
    else {
      untold += 1
      firstUntold ??= toError(pathAt(site, indices))
    }
  }

  function complain(site: Site, code: ErrorCode, message: string): undefined {
    add(site, (path) => new GraphQLError(message, { path, extensions: { code } }))
  }

  function unlessExplained(site: Site, code: ErrorCode, message: string): undefined {
    if (reported.errors.length > 0) {
      isExplained ??= createExplainedPaths(reported.errors)
      if (isExplained(pathAt(site, indices))) return
    }
    complain(site, code, message)
  }

  function absent(site: Site): undefined {
    unlessExplained(site, 'NULL_IN_NON_NULL_POSITION', `Cannot return null for non-nullable field ${site.field}.`)
  }

  function notA(what: string, value: unknown, site: Site): undefined {
    const { field } = site
    const message =
      value === DISAGREEMENT ? `Subgraphs disagree about field ${field}.` : `Expected ${what} for field ${field}.`
    complain(site, 'INVALID_SUBGRAPH_VALUE', message)
  }

  const complaints: Complaints = {
    absent: (index) => absent(siteOf(index)),
    leaf(value, index) {
      const site = siteOf(index)
      const isNonNull = isNonNullType(site.type)
      if (value === null || value === undefined) return isNonNull ? absent(site) : 'null'
      const type = getNamedType(site.type)
      const coerced = isLeafType(type) ? coerceLeaf(type, value) : undefined
      if (coerced !== undefined) return jsonText(coerced)
      // The value is not told: it may be the name of one that clients may not see.
      const what = isEnumType(type) ? `Enum "${type.name}"` : type.name
      complain(site, 'INVALID_SUBGRAPH_VALUE', `${what} cannot represent the value found for field ${site.field}.`)
      return isNonNull ? undefined : 'null'
    },
    notList: (value, index) => notA('a list', value, siteOf(index)),
    notObject: (value, index) => notA('an object', value, siteOf(index)),
    unknownType(typename, index) {
      const site = siteOf(index)
      const { name } = getNamedType(site.type)
      const report = typename === undefined || typename === null ? unlessExplained : complain
      report(
        site,
        'INVALID_SUBGRAPH_VALUE',
        `The object found for field ${site.field} is of no type that "${name}" can be.`,
      )
    },
    unknownTypename(index) {
      const site = siteOf(index)
      unlessExplained(
        site,
        'INVALID_SUBGRAPH_VALUE',
        `Of the object that ${site.field} is asked for only an interface is known.`,
      )
    },
    refused(index) {
      const site = siteOf(index)
      const refusal = reported.refusals.get(refusedAs.get(site) ?? '')
      if (!refusal) throw new Error(`It is not known why ${site.field} is refused.`)
      add(site, (path) => errorOf(refusal, path))
    },
  }

  return {
    complaints,
    countComplaints: () => count,
    begin: reset,
    end() {
      const { errors } = reported
      const all = told.length > 0 ? [...errors, ...told] : errors.slice(0, MOST_ERRORS)
      const first = errors[MOST_ERRORS] ?? firstUntold
      if (first) all.push(summaryOf(first, Math.max(errors.length - MOST_ERRORS, 0) + untold))
      reset(NOTHING)
      return all
    },
  }
}
