import { isJsonObject } from '../../lossless-json.ts'
import type { Run } from '../run.ts'
import { getOwn, type Tree } from '../tree.ts'
import type { FetchDocument } from './document.ts'
import type { AnswerPath, LostPaths, Places } from './fetch-errors.ts'
import { pathsOfObjects, type PathStep } from './flatten-path.ts'
import type { FetchScope } from './scope.ts'
import { createSelected, type Selected } from './selected.ts'

export interface PlacesOptions {
  document: FetchDocument
  /** Where the objects are; the root has no steps. */
  path: readonly PathStep[]
  scope: FetchScope
  /** The names that the plan gives to aliases of its own. */
  renamed: ReadonlyMap<string, string>
}

/** The objects of the tree that a fetch is for. */
export interface ObjectsAt {
  all: readonly Tree[]
  /** Those that a path of the fetch's answer leads into, and how it goes on there. */
  of: (path: AnswerPath) => { objects: readonly Tree[]; rest: AnswerPath }
}

/** A place of the answer. */
interface Seen {
  path: AnswerPath
  /** What is there in the tree. */
  value: unknown
  /** What the client asks for there; undefined: of a leaf. */
  selected: Selected | undefined
  /** Whether the client sees nothing of what is further down. */
  isLast?: boolean
}

interface Found {
  /** The paths of the objects, in terms of the tree. */
  paths: ReadonlyMap<object, readonly AnswerPath[]>
  /** What the fetch asks for. */
  fetched: Selected
  /** What the client asks for. */
  root: Selected
}

type Fields = ReturnType<Selected['fieldsOf']>

/** What objects of a type at one place should have. */
interface Expected {
  /** The client's, but for what the gateway answers itself. */
  fields: readonly {
    name: string
    clientName: string
    below: Selected | undefined
    /** What the fetch asks for below it. */
    fetchedBelow: Selected | undefined
    isFetched: boolean
  }[]
  /** Whether the fetch asks for what the client does not see, which may be there for any of them. */
  isAll: boolean
  tellsType: boolean
}

/**
 * Finds, when something went wrong, where in the answer what a fetch brings belongs: for each part of its objects. Only
 * what the client's operation selects on objects of their types has a place.
 */
export function createPlaces(
  { document, path: steps, scope, renamed }: PlacesOptions,
  run: Run,
): (objectsAt: ObjectsAt) => Places {
  const { clientNames } = scope
  const expected = new Map<Fields, Map<Fields, Expected>>()
  let found: Found | undefined

  function find(): Found {
    const { operation, schema, matches } = scope
    const { definition, fragments } = operation
    const options = { schema, matches, variables: run.coerced }
    const rootType = schema.getRootType(definition.operation) ?? undefined
    return {
      paths: pathsOfObjects(run.root, steps),
      fetched: createSelected([document.selectionSet], undefined, {
        ...options,
        fragmentNamed: (name) => document.fragments.get(name),
      }),
      root: createSelected([definition.selectionSet], rootType, {
        ...options,
        fragmentNamed: (name) => fragments[name],
      }),
    }
  }

  function clientName(name: string): string {
    return clientNames.get(name) ?? name
  }

  /** How far the client sees a path on from a place. */
  function follow(path: AnswerPath, from: Seen): Seen {
    let seen = from
    for (const element of path) {
      const { value, selected } = seen
      if (typeof element === 'number') {
        seen = { path: [...seen.path, element], value: Array.isArray(value) ? value[element] : undefined, selected }
        continue
      }
      const name = renamed.get(element) ?? element
      const object = isJsonObject(value) ? value : {}
      const field = selected?.fieldsOf(selected.typeOf(object)).get(name)
      if (!field) return { ...seen, isLast: true }
      seen = { path: [...seen.path, clientName(name)], value: getOwn(object, name), selected: field.below }
    }
    return seen
  }

  function placesOf(object: Tree, { paths, root }: Found): readonly Seen[] {
    const start = { path: [], value: run.root, selected: root }
    return (paths.get(object) ?? []).map((path) => follow(path, start))
  }

  /**
   * Adds the paths of the fields that the fetch should have brought, and nobody else has, and of objects whose type it
   * should have told. With what the client does not see, such as what other fields require, all is lost that nobody has
   * answered.
   */
  function addLost({ path, value, selected, isLast }: Seen, fetched: Selected, lost: Lost): void {
    if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) addLost({ path: [...path, at], value: item, selected }, fetched, lost)
    }
    if (!isJsonObject(value) || !selected) return
    const told = selected.typeOf(value)
    const typename = told ?? selected.declared
    const { fields, isAll, tellsType } = expectedOf(selected.fieldsOf(typename), fetched.fieldsOf(typename))
    if (!isLast && tellsType && (told === undefined || scope.isInterface(told))) lost.add(path)
    for (const { name, clientName: seenName, below, fetchedBelow, isFetched } of fields) {
      if (!isFetched && !isAll && !lost.isAlone && isLast !== true) continue
      const inner = getOwn(value, name)
      if (inner === undefined) lost.add(path, seenName)
      else if (fetchedBelow && isLast !== true) {
        addLost({ path: [...path, seenName], value: inner, selected: below }, fetchedBelow, lost)
      }
    }
  }

  /** Worked out once for all objects of a type at one place. */
  function expectedOf(selected: Fields, fetched: Fields): Expected {
    const known = expected.get(selected)?.get(fetched)
    if (known) return known
    const brought = new Map(Array.from(fetched, ([name, field]) => [renamed.get(name) ?? name, field]))
    const own = [...selected].filter(([, { name }]) => !name.startsWith('__'))
    const made: Expected = {
      fields: own.map(([name, { below }]) => {
        const field = brought.get(name)
        return { name, clientName: clientName(name), below, fetchedBelow: field?.below, isFetched: field !== undefined }
      }),
      isAll: [...brought.keys()].some((name) => name !== '__typename' && !selected.has(name)),
      tellsType: brought.has('__typename'),
    }
    expected.set(selected, (expected.get(selected) ?? new Map<Fields, Expected>()).set(fetched, made))
    return made
  }

  return (objectsAt) => {
    // Where objects are is looked up now; what they have lost, once all has come.
    const now = (found ??= find())
    return {
      lost(most, isAlone) {
        const lost = createLost(most, isAlone)
        for (const place of [...new Set(objectsAt.all)].flatMap((object) => placesOf(object, now))) {
          const { count } = lost
          addLost(place, now.fetched, lost)
          if (lost.count === count) lost.add(place.path)
        }
        return lost
      },
      of(path) {
        const { objects, rest } = objectsAt.of(path)
        return [...new Set(objects)]
          .flatMap((object) => placesOf(object, now))
          .map((place) => (place.isLast ? place : follow(rest, place)).path)
      },
    }
  }
}

interface Lost extends LostPaths {
  isAlone: boolean
  /** A path, or the path of a field of what is there. */
  add: (path: AnswerPath, name?: string) => void
}

function createLost(most: number, isAlone: boolean): Lost {
  const paths: AnswerPath[] = []
  return {
    paths,
    count: 0,
    isAlone,
    add(path, name) {
      this.count += 1
      if (paths.length < most) paths.push(name === undefined ? path : [...path, name])
    },
  }
}
