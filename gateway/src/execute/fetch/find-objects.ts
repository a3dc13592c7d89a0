import type { ResponsePath } from '@apollo/query-planner'
import type { Run } from '../run.ts'
import type { Sharing } from '../sharing.ts'
import { generateWalk, parseFlattenPath, type Walk } from './flatten-path.ts'
import type { Gathering } from './gathering.ts'

/** Gathers all objects at a path of a run's tree. */
export type FindObjects = (run: Run, gathered: Gathering) => void

/**
 * Objects that say the same, and so are one entity, become one object where that can be. Those that were found once at a
 * path need not be looked for again: what is there or below is found from them.
 */
export function createFindObjects(path: ResponsePath, sharing: Sharing): FindObjects {
  const key = path.join('.')
  const isKept = sharing.comeTogether(path)
  const above = path
    .map((_, index) => path.slice(0, path.length - index))
    .filter((prefix) => sharing.comeTogether(prefix) && prefix.length < path.length)
    .map((prefix) => ({ key: prefix.join('.'), length: prefix.length }))
  const walks = new Map<number, Walk>()

  function walkFrom(length: number): Walk {
    const walk = walks.get(length) ?? generateWalk(parseFlattenPath(path.slice(length)))
    walks.set(length, walk)
    return walk
  }

  return (run, gathered) => {
    const { objectsAt, root } = run
    const known = objectsAt.get(key)
    if (known) {
      for (const object of known) gathered.add(object)
      return
    }
    const start = above.find((prefix) => objectsAt.has(prefix.key))
    const walk = walkFrom(start?.length ?? 0)
    for (const object of (start && objectsAt.get(start.key)) ?? [root]) walk(object, (found) => gathered.unite(found))
    if (isKept && gathered.distinct.length > 0) objectsAt.set(key, gathered.distinct)
  }
}
