import type { FetchNode, ResponsePath } from '@apollo/query-planner'
import { isJsonObject } from '../../lossless-json.ts'
import { memoized } from '../../memoized.ts'
import { placeOf } from '../known-types.ts'
import type { Run, Step } from '../run.ts'
import { copyOf, mergeValues, setOwn, type Tree } from '../tree.ts'
import { createCall } from './call.ts'
import { contextValues, type Contextual } from './context-values.ts'
import { readFetchDocument } from './document.ts'
import { unansweredFields, type AnswerPath, type Failure, type Places } from './fetch-errors.ts'
import { createFindObjects } from './find-objects.ts'
import { generateWalk, parseFlattenPath } from './flatten-path.ts'
import { Gathering, type GatheringOptions } from './gathering.ts'
import { createShape, generateMerge, namesIn, type ShapeOptions } from './merge.ts'
import { createPlaces, type ObjectsAt, type PlacesOptions } from './places.ts'
import { applyRewrites, renamedIn } from './rewrites.ts'
import type { FetchScope } from './scope.ts'

const UNCLEAR_REQUIREMENT: Failure = {
  message: 'Subgraphs disagree about what this field requires.',
  extensions: { code: 'INVALID_SUBGRAPH_VALUE' },
}

/**
 * Compiles a fetch of the plan, for the objects at a path of the tree: what is known of it before
 * a request comes is worked out once.
 */
export function compileFetch(node: FetchNode, path: ResponsePath, scope: FetchScope): Step {
  const options = {
    document: readFetchDocument(node, scope),
    path: parseFlattenPath(path),
    scope,
    renamed: renamedIn(node),
  }
  return node.requires ? compileEntityFetch(node, options, path) : compileRootFetch(node, options)
}

/** Fields of the query or mutation root, which a plan may also want below other fields. */
function compileRootFetch(node: FetchNode, options: PlacesOptions): Step {
  const { document, path, scope } = options
  const call = createCall(node, document, scope)
  const walk = generateWalk(path)
  const shape = createShape([document.selectionSet], shapeOptions(options))
  const { outputRewrites = [] } = node

  return async (run) => {
    const objects: Tree[] = []
    walk(run.root, (object) => {
      objects.push(object)
      return object
    })
    if (objects.length === 0) return
    const findPlaces = () => createPlaces(options, run)({ all: objects, of: (rest) => ({ objects, rest }) })
    const data = await call(run, { findPlaces })
    if (!data) return
    applyRewrites(outputRewrites, data, scope.matches)
    for (const [at, object] of objects.entries()) {
      mergeValues(object, at === 0 || scope.sharing.sharesEntities ? data : copyOf(data), shape)
    }
  }
}

/** Fields of entities, which are known by their representations. */
function compileEntityFetch(node: FetchNode, options: PlacesOptions, place: ResponsePath): Step {
  const { document, path, scope } = options
  const { matches } = scope
  const { serviceName: subgraph, outputRewrites = [], contextRewrites } = node
  const call = createCall(node, document, scope)
  const findObjects = createFindObjects(place, scope.sharing)
  const mayCopy = document.holdsObjects && !scope.sharing.sharesEntities
  const merge = generateMerge(document.selectionSet, shapeOptions(options))
  const names = [...namesIn(document.selectionSet, document.fragments).keys()]
  const type = scope.typeAt(place)
  const told = scope.sharing.namesAt(place)
  const types = { type, typeNamed: createEntityTypes(node, told, scope) }
  if (told && type !== undefined && types.typeNamed(type)?.isWhole) scope.united.add(placeOf(place))

  async function fetchAll(run: Run, gathered: Gathering, { placesOf, contextual }: FetchOptions): Promise<void> {
    const { entities: asked, objects, indices } = gathered
    const { disagreed } = asked
    if (disagreed.length > 0) {
      const places = placesOf({ all: disagreed, of: () => ({ objects: disagreed, rest: [] }) })
      run.failures.push({ subgraph, tell: (isAlone) => unansweredFields(places, UNCLEAR_REQUIREMENT, isAlone) })
    }
    if (objects.length === 0) return
    const findPlaces = () => placesOf({ all: objects, of: (within) => objectsOf(gathered, within) })
    const data = await call(run, { entities: asked, findPlaces, ...(contextual && { contextual }) })
    const entities = data?.['_entities']
    if (!Array.isArray(entities)) return
    if (outputRewrites.length > 0) applyRewrites(outputRewrites, entities, matches)
    const taken = mayCopy && objects.length > asked.all.length ? new Set<number>() : undefined
    for (let at = 0; at < objects.length; at++) {
      const object = objects[at]
      const index = indices[at] ?? -1
      const entity: unknown = taken?.has(index) ? copyOf(entities[index]) : entities[index]
      taken?.add(index)
      if (!object) continue
      if (isJsonObject(entity)) merge(object, entity)
      else for (const name of names) if (!Object.hasOwn(object, name)) setOwn(object, name, null)
    }
  }

  if (contextRewrites) {
    const walk = generateWalk(path)
    return async (run) => {
      const byContext = new Map<string, { gathered: Gathering; contextual: Contextual }>()
      walk(run.root, (object, ...above) => {
        const values = contextValues(contextRewrites, object, { above, matches })
        const text = JSON.stringify(values)
        const known = byContext.get(text)
        const { gathered } = known ?? { gathered: new Gathering(types, run) }
        if (!known) byContext.set(text, { gathered, contextual: { values, text } })
        gathered.add(object)
        return object
      })
      const placesOf = createPlaces(options, run)
      await Promise.all(
        [...byContext.values()].map(({ gathered, contextual }) => fetchAll(run, gathered, { placesOf, contextual })),
      )
    }
  }
  return async (run) => {
    const gathered = new Gathering(types, run)
    findObjects(run, gathered)
    await fetchAll(run, gathered, { placesOf: createPlaces(options, run) })
  }
}

/** `told` are the names of all that is told of objects when they come; undefined: nobody knows. */
function createEntityTypes(
  node: FetchNode,
  told: ReadonlySet<string> | undefined,
  { representationsOf }: FetchScope,
): GatheringOptions['typeNamed'] {
  const representationOf = representationsOf(node)
  return memoized((typename) => {
    const representation = representationOf(typename)
    const says = (name: string) => representation?.leaves.has(name) === true
    return representation && { representation, isWhole: told !== undefined && [...told].every(says) }
  })
}

function shapeOptions({ document, renamed, scope }: PlacesOptions): ShapeOptions {
  return { fragments: document.fragments, renamed, isInterface: scope.isInterface }
}

interface FetchOptions {
  placesOf: (objectsAt: ObjectsAt) => Places
  contextual?: Contextual
}

function objectsOf(gathered: Gathering, path: AnswerPath): ReturnType<ObjectsAt['of']> {
  const [field, index, ...rest] = path
  // It says nothing about one entity, or is of no answer to this fetch.
  if (field !== '_entities' || typeof index !== 'number') return { objects: gathered.objects.slice(0, 1), rest: [] }
  return { objects: gathered.objectsOf(index), rest }
}
