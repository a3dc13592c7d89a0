import type { Tree } from '../tree.ts'
import { EntitySet } from './entity-set.ts'
import type { Representation } from './representation.ts'

/** What the objects of a type are to a fetch. */
export interface EntityType {
  representation: Representation
  /** Whether objects with the same representation were the same in all that was known of them when they came. */
  isWhole: boolean
}

export interface GatheringOptions {
  /** By the name of a type; undefined: its objects are none of the subgraph's entities. */
  typeNamed: (typename: string) => EntityType | undefined
  /** What objects are of that do not tell. */
  type: string | undefined
}

/**
 * The entities of one call, each once: objects that are the same entity share what comes back. Collected anew for each
 * run.
 */
export class Gathering {
  readonly entities: EntitySet
  /** The objects of the tree, and for each the index of its entity. */
  readonly objects: Tree[] = []
  readonly indices: number[] = []
  /** All that were united, those that are none of the subgraph's entities too: one for those that say the same. */
  readonly distinct: Tree[] = []
  readonly #options: GatheringOptions
  #typename: unknown
  #entityType: EntityType | undefined
  #byIndex: Tree[][] | undefined

  /** `hasEscapes`: strings of objects may hold what JSON escapes. */
  constructor(options: GatheringOptions, { hasEscapes }: { hasEscapes: boolean }) {
    this.entities = new EntitySet({ hasEscapes })
    this.#options = options
    this.#entityType = this.#typeNamed(options.type)
  }

  /** Adds an object, unless it is none of the subgraph's entities or lacks what its representation needs. */
  add(object: Tree): void {
    const index = this.#indexOf(object)
    if (index === undefined) return
    this.objects.push(object)
    this.indices.push(index)
  }

  /** Adds an object that may be in several places, and gives the one that is to be in its place: itself, or its like. */
  unite(object: Tree): Tree {
    const { all } = this.entities
    const count = all.length
    const index = this.#indexOf(object)
    const first = index === undefined || all.length > count ? undefined : all[index]?.object
    if (first && (first === object || this.#entityType?.isWhole)) return first
    this.distinct.push(object)
    if (index !== undefined) {
      this.objects.push(object)
      this.indices.push(index)
    }
    return object
  }

  /** The objects of the entity at an index; asked for when all have been added. */
  objectsOf(index: number): readonly Tree[] {
    this.#byIndex ??= this.#group()
    return this.#byIndex[index] ?? []
  }

  #group(): Tree[][] {
    const byIndex: Tree[][] = this.entities.all.map(() => [])
    for (const [at, object] of this.objects.entries()) byIndex[this.indices[at] ?? -1]?.push(object)
    return byIndex
  }

  #indexOf(object: Tree): number | undefined {
    const typename = object['__typename']
    // Most are of one type.
    if (typename !== this.#typename) {
      this.#typename = typename
      this.#entityType = this.#typeNamed(typename ?? this.#options.type)
    }
    return this.#entityType && this.entities.add(object, this.#entityType.representation)
  }

  #typeNamed(typename: unknown): EntityType | undefined {
    return typeof typename === 'string' ? this.#options.typeNamed(typename) : undefined
  }
}
