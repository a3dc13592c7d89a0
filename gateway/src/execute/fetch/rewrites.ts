import type { FetchNode } from '@apollo/query-planner'
import { isJsonObject } from '../../lossless-json.ts'
import { setOwn, type Tree } from '../tree.ts'
import type { MatchesType } from './representation.ts'

type OutputRewrite = NonNullable<FetchNode['outputRewrites']>[number]

/** The type of an element such as `... on Book` of a path of rewrites; undefined: it is the name of a field. */
export function conditionOf(element: string): string | undefined {
  return element.startsWith(CONDITION) ? element.slice(CONDITION.length) : undefined
}

const CONDITION = '... on '

/** Whether an object is of a type, as far as it tells. */
export function mayBeOf({ __typename: typename }: Tree, condition: string, matches: MatchesType): boolean {
  return typeof typename !== 'string' || matches(typename, condition)
}

/** What the plan calls in the tree what a fetch asks for under aliases of the planner. */
export function renamedIn({ outputRewrites = [] }: FetchNode): ReadonlyMap<string, string> {
  return new Map(
    outputRewrites
      .filter((rewrite) => rewrite.kind === 'KeyRenamer')
      .map(({ path, renameKeyTo }) => [path.at(-1) ?? '', renameKeyTo]),
  )
}

/** Gives what a fetch brought the names and values that the plan wants, as the planner's rewrites say. */
export function applyRewrites(rewrites: readonly OutputRewrite[], value: unknown, matches: MatchesType): void {
  for (const rewrite of rewrites) applyAt(value, rewrite.path, { rewrite, matches })
}

function applyAt(
  value: unknown,
  [element, ...rest]: readonly string[],
  to: { rewrite: OutputRewrite; matches: MatchesType },
): void {
  if (element === undefined) return
  if (Array.isArray(value)) {
    for (const item of value) applyAt(item, [element, ...rest], to)
    return
  }
  if (!isJsonObject(value)) return
  const condition = conditionOf(element)
  if (condition !== undefined) {
    if (mayBeOf(value, condition, to.matches)) applyAt(value, rest, to)
  } else if (rest.length > 0) {
    if (Object.hasOwn(value, element)) applyAt(value[element], rest, to)
  } else if (to.rewrite.kind === 'ValueSetter') {
    setOwn(value, element, to.rewrite.setValueTo)
  } else if (Object.hasOwn(value, element)) {
    setOwn(value, to.rewrite.renameKeyTo, value[element])
    delete value[element]
  }
}
