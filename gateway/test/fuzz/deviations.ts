import { Kind, parse } from 'graphql'
import type { ClientAnswer } from './answer.ts'
import { differences, sortedText } from './compare.ts'
import type { Request } from './executable.ts'
import type { Graph, Need } from './graph.ts'
import { placesOf, type FindPassed, type Passed, type Path, type Place } from './trails.ts'

/** Two answers to one request, and what is known of it. */
export interface Both {
  graph: Graph
  request: Request
  /** It has been found to be right. */
  ours: ClientAnswer
  stock: ClientAnswer
  /** What stock asked of subgraphs. */
  asked: readonly string[]
  passed: FindPassed
}

interface Deviation {
  name: string
  explanation: string
  /** Whether it explains all that differs. */
  whole?: (both: Both) => boolean
  /** Whether it explains what differs at a place of the data. */
  at?: (place: Place, both: Both) => boolean
  /** Whether it explains how the errors differ where the data is the same, as `differences` tells. */
  told?: (problem: string, both: Both) => boolean
}

/** What `ApolloGateway` says when it gives up. */
const GIVES_UP = [
  // Of interface objects.
  /^We should have an edge from \w+\(\w+\) for __typename$/,
  // A literal is 1e400.
  /^Invalid value, cannot be converted to AST: /,
  // An alias is that of a key.
  /^Invalid non-object value .* returned by subgraph for composite type \w+$/,
]

/** Where `ApolloGateway` is known to answer otherwise. A case is known only when each place that differs is explained. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'gives up',
    explanation: 'The planner or the executor throws: no data at all, and one error without a path.',
    whole: ({ stock: { data, errors } }) =>
      (data === undefined || data === 'null') &&
      errors.length === 1 &&
      errors.every(({ path, message }) => !path && GIVES_UP.some((pattern) => pattern.test(message))),
  },
  {
    name: 'order of fields',
    explanation:
      'Fields of an object are in the order of inline fragments grouped by type, not in that of the document.',
    whole: ({ ours, stock }) => ours.data !== stock.data && sortedText(ours.tree) === sortedText(stock.tree),
  },
  {
    name: 'mutation twice',
    explanation:
      'The planner fetches a root field of a mutation once for each condition that it has: it is done twice.',
    whole: ({ request, ours, asked }) =>
      /\bmutation Main\b/.test(request.query) && mutationsIn(asked) > Object.keys(ours.tree ?? {}).length,
  },
  {
    name: 'invalid fetch',
    explanation:
      'A fetch uses a variable that it does not define, where a condition is nested in itself, or has two fields under one name: its subgraph refuses it, and no path is told.',
    at: (place, { stock }) => isLess(place) && stock.errors.some(isOfInvalidFetch),
    told: (problem, { stock }) =>
      /^no error|^an error too many, at nowhere: INVALID FETCH/.test(problem) && stock.errors.some(isOfInvalidFetch),
  },
  {
    name: 'alias __proto__',
    explanation: 'What is selected as `__proto__` becomes the prototype of an object, and is lost.',
    at: ({ path, kind }) => kind === 'lost' && path.at(-1) === '__proto__',
  },
  {
    name: 'aliases like keys',
    explanation:
      'What is selected under the name of another field is taken for that field, where the planner needs it as a key or requirement.',
    at: ({ path }, { graph, passed }) =>
      passed([]).some(({ path: own, name, type }) => {
        const alias = own.at(-1)
        const isKnown = KEY_NAMES.has(alias) || graph.types.get(type)?.fields.has(String(alias)) === true
        return alias !== name && isKnown && (isWithin(path, own.slice(0, -1)) || isWithin(own, path))
      }),
    told: (problem, { passed }) =>
      problem.includes("Cannot use 'in' operator to search for '__typename' in") &&
      passed([]).some(({ path, name }) => path.at(-1) !== name && KEY_NAMES.has(path.at(-1))),
  },
  {
    name: 'digits',
    explanation: 'Numbers of more digits than JavaScript has lose some where the planner writes them into a fetch.',
    at: ({ path }, { request, passed }) => HOLDS_DIGITS.test(request.query) && passed(path).some(takesAny),
    told: (problem, { request, passed }) =>
      HOLDS_DIGITS.test(request.query) &&
      passed([]).some((one) => takesAny(one) && problem.includes(JSON.stringify(one.path).slice(0, -1))),
  },
  {
    name: 'labels of @override',
    explanation: 'Fields with `@override(label:)` are always asked of the subgraph that they are taken from.',
    at: ({ path }, { passed }) => passed(path).some(({ field }) => field?.override?.label !== undefined),
  },
  {
    name: 'fragments on abstract types',
    explanation:
      'What is selected on an object in a fragment on another of its interfaces or unions is left out of the answer.',
    at: ({ kind }, { request }) => kind === 'lost' && /\.\.\. ?on [IU]|\bfragment \w+ on [IU]/.test(request.query),
  },
  {
    name: 'interface objects',
    explanation:
      'The name of an interface that a subgraph tells for its interface object replaces that of the type: null, or nothing, and nothing that makes it null either.',
    at: (place, { graph, ours, passed }) =>
      (isLess(place) || errorsBelow(place, ours).length > 0) &&
      passed(place.path).some(({ type, field }) =>
        isOfInterfaceObject(graph, type, field?.of, ...(field?.possible ?? [])),
      ),
  },
  {
    name: 'literal conditions',
    explanation:
      'What a fragment with @skip(if: true) holds is fetched all the same where fragments of one type are nested, and its errors are told and null what is around it.',
    at: (place, both) => isLess(place) && errorsOfExcluded(both).some((path) => isWithin(path, place.path)),
    told: (problem, both) => problem.startsWith('an error too many') && errorsOfExcluded(both).length > 0,
  },
  {
    name: 'falsy values',
    explanation: 'A value of 0, false or "" is lost where the planner has given its field an alias of its own.',
    at: ({ kind, first }, { asked }) =>
      kind === 'null' &&
      /^(?:0|false|"")$/.test(JSON.stringify(first)) &&
      asked.some((text) => text.includes('__alias_')),
  },
  {
    name: 'lists of lists',
    explanation:
      'Lists of lists that several subgraphs answer are not merged: fields, or lists, of all but one are lost.',
    at: ({ path, kind }, { passed }) =>
      kind !== 'other' &&
      passed(path).some(
        ({ field }) => field && !field.isLeaf && field.wrap.startsWith('[[') && field.owners.length > 1,
      ),
  },
  {
    name: 'nothing selected',
    explanation:
      'Objects of which conditions leave nothing are not fetched: null in place of {} and of lists of these.',
    at: ({ kind, path, first }, { request, passed }) =>
      kind === 'null' &&
      CONDITIONS.test(request.query) &&
      passed(path).some((one) => one.field?.isLeaf === false && isEmpty(valueAt(first, one.path.slice(path.length)))),
    told: (problem, { request, ours, asked, passed }) =>
      CONDITIONS.test(request.query) &&
      ours.errors.some(({ message, path }) => {
        const field = passed(path ?? []).find((one) => one.path.length === path?.length)
        return problem.endsWith(`: ${message}`) && field && !asked.some((text) => text.includes(field.name))
      }),
  },
  {
    name: 'requirements',
    explanation:
      'A field that is selected, or required by two others, with other arguments is fetched only once; lists of lists are null in representations.',
    at: ({ path }, { graph, passed }) =>
      passed(path).some(({ type, name, field }) => {
        const others = [...(graph.types.get(type)?.fields.values() ?? [])].flatMap(({ needs }) => needs)
        return [...(field?.needs ?? []), ...others.filter((need) => need.field === name)].some((need) =>
          isHard(graph, need),
        )
      }),
  },
  {
    name: 'conditions of requirements',
    explanation: 'The condition of a field that requires others is taken for that of all that is fetched with it.',
    at: (place, { graph, request, passed }) =>
      isLess(place) &&
      CONDITIONS.test(request.query) &&
      passed(place.path).some(({ type }) => {
        return [...(graph.types.get(type)?.fields.values() ?? [])].some(({ needs }) => needs.length > 0)
      }),
  },
  {
    name: 'nullability of interfaces',
    explanation:
      'A null is not propagated where the field is non-null in the object, and may be null in the interface or position.',
    at: (place, { graph, ours, passed }) =>
      errorsBelow(place, ours).some((path) => passed(path).some((one) => isStricter(graph, one))),
  },
  {
    name: 'silent null',
    explanation:
      'A null in a non-null position, and an object of a type that clients do not see, are told only in `extensions.valueCompletion`, never in `errors`.',
    told: (problem, { ours }) =>
      problem.startsWith('no error') &&
      ours.errors.some(({ message, extensions }) => {
        return COMPLETED.has(extensions?.['code']) && problem.endsWith(`: ${message}`)
      }),
  },
  {
    name: 'path of an error',
    explanation: 'Errors of entities have the path of another entity of a list when some of it are of other types.',
    told: (problem, { ours, stock }) =>
      ours.errors.some(({ message, path }) => {
        const isElsewhere = stock.errors.some(
          (other) => other.message === message && other.path?.join() !== path?.join(),
        )
        return isElsewhere && (problem.endsWith(`: ${message}`) || problem === `no error at ${JSON.stringify(path)}`)
      }),
  },
]

/** Codes of what completion finds wrong. */
const COMPLETED: ReadonlySet<unknown> = new Set(['NULL_IN_NON_NULL_POSITION', 'INVALID_SUBGRAPH_VALUE'])

const HOLDS_DIGITS = /\d{16}/

/** Whether a field has an argument that may be any value. */
function takesAny({ field }: Passed): boolean {
  return field?.arguments.some(({ type }) => type.includes('Any')) === true
}

const CONDITIONS = /@(skip|include)/

const KEY_NAMES: ReadonlySet<unknown> = new Set(['__typename', 'id', 'sku', 'code', 'serial', 'label', 'region', 'org'])

/** The paths of stock's errors about fields that conditions exclude. */
function errorsOfExcluded({ request, stock, passed }: Both): Path[] {
  if (!/@skip\(if: true\)|@include\(if: false\)/.test(request.query)) return []
  return stock.errors.flatMap(({ path }) => {
    const names = path?.filter((key) => typeof key === 'string')
    const isSelected = passed(path ?? []).some(
      (one) => one.path.filter((key) => typeof key === 'string').length === names?.length,
    )
    return path && !isSelected ? [path] : []
  })
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((key, index) => path[index] === key)
}

function isOfInvalidFetch({ path, message }: ClientAnswer['errors'][number]): boolean {
  return !path && /^INVALID FETCH: (Variable "\$\w+" is not defined by|Fields "\w+" conflict)/.test(message)
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  )
}

/** Whether nothing is in it but objects without fields. */
function isEmpty(value: unknown): boolean {
  return value !== undefined && value !== null && /^(?:[[\]{},]|null)*$/.test(JSON.stringify(value))
}

/** Whether stock has less at a place. */
function isLess({ kind }: Place): boolean {
  return kind === 'null' || kind === 'lost'
}

/** The paths of the errors that make null what only stock has a value for. */
function errorsBelow({ kind, path }: Place, { errors }: ClientAnswer): Path[] {
  if (kind !== 'added') return []
  return errors.flatMap((error) => {
    const at = error.path
    return at && isWithin(at, path) ? [at] : []
  })
}

function isOfInterfaceObject({ types }: Graph, ...names: readonly (string | undefined)[]): boolean {
  return [...types.values()].some(
    ({ name, kind, members }) =>
      kind === 'interface-object' && names.some((one) => one !== undefined && (one === name || members.includes(one))),
  )
}

/** Whether a field is of another type in its object than in an interface. */
function isStricter({ types }: Graph, { type, name, field }: Passed): boolean {
  return [...types.values()].some(({ kind, members, fields }) => {
    const wrap = fields.get(name)?.wrap
    return kind === 'interface' && members.includes(type) && wrap !== undefined && wrap !== field?.wrap
  })
}

function isHard({ types }: Graph, { field, arguments: given }: Need): boolean {
  return given !== '' || [...types.values()].some(({ fields }) => fields.get(field)?.wrap.startsWith('[['))
}

/** How many root fields of mutations subgraphs were asked for. */
function mutationsIn(asked: readonly string[]): number {
  const texts = asked
    .map((line) => /^\w+: (mutation .*) \{.*?\}$/s.exec(line)?.[1])
    .filter((text) => text !== undefined)
  return texts.flatMap((text) => {
    const [operation] = parse(text).definitions
    return operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : []
  }).length
}

/** The known deviations that explain why stock answers otherwise, or what none of them explains. */
export function unexplained(both: Both): { known: readonly string[]; problems: readonly string[] } {
  const problems = differences(both.ours, both.stock)
  if (problems.length === 0) return { known: [], problems }
  const whole = DEVIATIONS.find((deviation) => deviation.whole?.(both))
  if (whole) return { known: [whole.name], problems: [] }
  const known = new Set<string>()
  const left: string[] = []
  function explain(problem: string, holds: (deviation: Deviation) => boolean | undefined): void {
    const deviation = DEVIATIONS.find(holds)
    if (deviation) known.add(deviation.name)
    else left.push(`stock: ${problem}`)
  }
  if (both.ours.data === both.stock.data) {
    for (const problem of problems) explain(problem, ({ told }) => told?.(problem, both))
  } else {
    for (const place of placesOf(both.ours.tree, both.stock.tree)) {
      explain(`${place.kind} at ${JSON.stringify(place.path)}`, ({ at }) => at?.(place, both))
    }
  }
  return { known: [...known], problems: left }
}
