import type { FetchNode, PlanNode, ResponsePath } from '@apollo/query-planner'
import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import { fragmentsOf, responseNameOf } from '../operation.ts'
import { documentOf } from './fetch/parsed-fetch.ts'
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
   * The response names of what those fetches ask for that bring the objects themselves. Whatever else comes to them is for
   * all of them, and depends on nothing else. Undefined: that is not known, so that none can be taken for another.
   */
  namesAt: (path: ResponsePath) => ReadonlySet<string> | undefined
  /** Whether one fetch brings all the objects at a path, so that from the first one on all are there. */
  comeTogether: (path: ResponsePath) => boolean
}

export const NOTHING_SHARED: Sharing = { sharesEntities: false, namesAt: () => undefined, comeTogether: () => false }

/** What fetches bring below their own objects, by place. */
interface Brought {
  names: Set<string>
  fetches: Set<object>
}

/**
 * Finds out where objects of the tree that say the same can be one object: entities that an answer has in many places are
 * then merged, represented and completed once. That is so where every fetch of the plan that is for some of the objects at
 * a place, or for what is below them, is for all.
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
    const document = documentOf(fetch)
    const root = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)?.selectionSet
    const [entities] = root?.selections ?? []
    const own = fetch.requires && entities?.kind === Kind.FIELD ? entities.selectionSet : root
    const options = { fragments: fragmentsOf(document), renamed: renamedIn(fetch), fetch, isBelow: false }
    if (own) noteSet(own, place, options)
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

  function isOfOnePath(path: ResponsePath): boolean {
    return paths.get(placeOf(path))?.size === 1
  }

  return {
    sharesEntities: true,
    namesAt: (path) => (isOfOnePath(path) ? brought.get(placeOf(path))?.names : undefined),
    comeTogether: (path) => isOfOnePath(path) && brought.get(placeOf(path))?.fetches.size === 1,
  }
}

interface NoteSetOptions {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  renamed: ReadonlyMap<string, string>
  fetch: object
  /** Whether it is below the fetch's own objects. */
  isBelow: boolean
}
