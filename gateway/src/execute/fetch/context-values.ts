import type { FetchNode } from '@apollo/query-planner'
import { isJsonObject } from '../../lossless-json.ts'
import { getOwn, type Tree } from '../tree.ts'
import type { MatchesType } from './representation.ts'
import { conditionOf, mayBeOf } from './rewrites.ts'

type ContextRewrite = NonNullable<FetchNode['contextRewrites']>[number]

/** What contexts give entities. */
export interface Contextual {
  /** By the variables of the arguments. */
  values: Readonly<Record<string, unknown>>
  /** The JSON text of the values. */
  text: string
}

/**
 * The variables of `@fromContext` arguments for one entity, from the objects above it, the root first; a value that no
 * object has is null.
 *
 * Semantics: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/entities/use-contexts
 */
export function contextValues(
  rewrites: readonly ContextRewrite[],
  object: Tree,
  { above, matches }: { above: readonly Tree[]; matches: MatchesType },
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const { path, renameKeyTo } of rewrites) {
    const up = path.findLastIndex((element) => element === '..') + 1
    const start = up === 0 ? object : above[above.length - up]
    values[renameKeyTo] ??= valueAt(start, path.slice(up), matches) ?? null
  }
  return values
}

function valueAt(value: unknown, [element, ...rest]: readonly string[], matches: MatchesType): unknown {
  if (element === undefined) return value
  if (Array.isArray(value)) return value.map((item) => valueAt(item, [element, ...rest], matches))
  if (!isJsonObject(value)) return undefined
  const condition = conditionOf(element)
  if (condition === undefined) return valueAt(getOwn(value, element), rest, matches)
  return mayBeOf(value, condition, matches) ? valueAt(value, rest, matches) : undefined
}
