import type { FetchNode, PlanNode, ResponsePath } from '@apollo/query-planner'
import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import { fragmentsOf, responseNameOf } from '../operation.ts'
import { documentOf, selectionSetOf } from './fetch/parsed-fetch.ts'
import { renamedIn } from './fetch/rewrites.ts'
import { fetchesIn, placeOf } from './known-types.ts'

/** What is the same for all objects at a path of the tree, whatever is in them. */
export interface Sharing {
  /**
   * Whether objects that are the same entity may share what is below it, as all fetches below ask the same for them; not
   * so where contexts depend on what is above.
   */
  sharesEntities: boolean
  /**
   * The response names of what the fetch asks for that brings all the objects at a path. Whatever else comes to them is for
   * all of them, and depends on nothing else. Undefined: they come from several fetches, or others are only for some of
   * them, so that none can be taken for another.
   */
  namesAt: (path: ResponsePath) => ReadonlySet<string> | undefined
  /** Whether one fetch brings all the objects at a path: where there is one all are, and all have the same coming to them. */
  comeTogether: (path: ResponsePath) => boolean
}

/** Each object is for itself. */
export const NOTHING_SHARED: Sharing = { sharesEntities: false, namesAt: () => undefined, comeTogether: () => false }

/** What fetches bring to a place that is below their own objects. */
interface Brought {
  names: Set<string>
  fetches: Set<object>
}

/**
 * Finds out where objects of the tree that say the same can be one object: entities that an answer has in many places are
 * then merged, represented and completed once. That is so where one fetch brings them all, and every other fetch of the plan
 * that is for some of them, or for what is below them, is for all: then nothing has come to one that has not come to each.
 */
export function findSharing(plan: PlanNode): Sharing {
  const brought = new Map<string, Brought>()
  const paths = new Map<string, Set<string>>()
  const fetches = [...fetchesIn(plan)]
  if (fetches.some(([{ contextRewrites }]) => contextRewrites !== undefined)) return NOTHING_SHARED

  for (const [fetch, path] of fetches) {
    for (const [end, element] of path.entries()) {
      if (path[end + 1] !== '@' && element !== undefined) notePath(path.slice(0, end + 1))
    }
    noteBelow(fetch, placeOf(path))
  }

  function notePath(path: ResponsePath): void {
    const place = placeOf(path)
    paths.set(place, (paths.get(place) ?? new Set()).add(path.join('.')))
  }

  function noteBelow(fetch: FetchNode, place: string): void {
    const fragments = fragmentsOf(documentOf(fetch))
    noteSet(selectionSetOf(fetch), place, { fragments, renamed: renamedIn(fetch), fetch, isBelow: false })
  }

  function noteSet({ selections }: SelectionSetNode, place: string, options: NoteSetOptions): void {
    const { fragments, renamed, fetch, isBelow } = options
    const known = brought.get(place) ?? { names: new Set(), fetches: new Set() }
    brought.set(place, known)
    if (isBelow) known.fetches.add(fetch)
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const responseName = responseNameOf(selection)
        const name = renamed.get(responseName) ?? responseName
        if (isBelow) known.names.add(name)
        const below = place === '' ? name : `${place}.${name}`
        if (selection.selectionSet) noteSet(selection.selectionSet, below, { ...options, isBelow: true })
      } else {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
        if (fragment) noteSet(fragment.selectionSet, place, options)
      }
    }
  }

  function comeTogether(path: ResponsePath): boolean {
    const place = placeOf(path)
    return paths.get(place)?.size === 1 && brought.get(place)?.fetches.size === 1
  }

  return {
    sharesEntities: true,
    namesAt: (path) => (comeTogether(path) ? brought.get(placeOf(path))?.names : undefined),
    comeTogether,
  }
}

interface NoteSetOptions {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  renamed: ReadonlyMap<string, string>
  fetch: object
  /** Whether it is below the fetch's own objects. */
  isBelow: boolean
}
