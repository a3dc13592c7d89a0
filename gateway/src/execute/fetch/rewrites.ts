import type { FetchNode } from '@apollo/query-planner'
import { isTree, setOwn } from '../tree.ts'
import type { MatchesType } from './representation.ts'

type OutputRewrite = NonNullable<FetchNode['outputRewrites']>[number]

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
  if (!isTree(value)) return
  const [, condition] = /^\.\.\. on (.*)$/.exec(element) ?? []
  if (condition !== undefined) {
    const typename = value['__typename']
    if (typeof typename !== 'string' || to.matches(typename, condition)) applyAt(value, rest, to)
  } else if (rest.length > 0) {
    if (Object.hasOwn(value, element)) applyAt(value[element], rest, to)
  } else if (to.rewrite.kind === 'ValueSetter') {
    setOwn(value, element, to.rewrite.setValueTo)
  } else if (Object.hasOwn(value, element)) {
    setOwn(value, to.rewrite.renameKeyTo, value[element])
    delete value[element]
  }
}
