import type { Tree } from '../tree.ts'
import type { Representation } from './representation.ts'

/** The representations of one type that are known, to find the same one again. */
interface KnownOfType {
  representation: Representation | undefined
  /** The index of what was first there under an identity. */
  byIdentity: Map<unknown, number>
  /** All that have an identity of another before them; undefined: there is none. */
  byText: Map<string, number> | undefined
}

/**
 * The entities of one call, each representation once: objects that are the same entity share what comes back. Collected
 * anew for each run.
 */
export class Gathering {
  /** JSON texts. */
  readonly representations: string[] = []
  /** The objects of the tree, and for each the index of its representation. */
  readonly objects: Tree[] = []
  readonly indices: number[] = []
  /** All that were united: one for those that say the same. */
  readonly distinct: Tree[] = []
  /** Those that can't be represented, since subgraphs have told other things of what is required. */
  readonly disagreed: Tree[] = []
  /** For each representation the object that was there first. */
  readonly #firsts: Tree[] = []
  readonly #representationOf: (typename: string) => Representation | undefined
  readonly #type: string | undefined
  readonly #known = new Map<unknown, KnownOfType>()
  readonly #disagree = () => {
    this.#disagrees = true
  }
  #disagrees = false
  #typename: unknown
  #ofType: KnownOfType | undefined
  #byIndex: Tree[][] | undefined

  /** `type` is what objects are of that do not tell. */
  constructor(representationOf: (typename: string) => Representation | undefined, type: string | undefined) {
    this.#representationOf = representationOf
    this.#type = type
    this.#ofType = this.#knownOf(type)
  }

  /** Adds an object, unless it is none of the subgraph's entities or lacks what its representation needs. */
  add(object: Tree): void {
    const index = this.#find(object)
    if (index === undefined) return
    this.objects.push(object)
    this.indices.push(index)
  }

  /** Adds an object that may be in several places, and gives the one that is to be in its place: itself, or its like. */
  unite(object: Tree): Tree {
    const count = this.representations.length
    const index = this.#find(object)
    const isFirst = this.representations.length > count
    const first = index === undefined || isFirst ? undefined : this.#firsts[index]
    if (first && (first === object || this.#ofType?.representation?.isWhole)) return first
    this.distinct.push(object)
    if (index !== undefined) {
      this.objects.push(object)
      this.indices.push(index)
    }
    return object
  }

  #find(object: Tree): number | undefined {
    const typename = object['__typename']
    // Most are of one type.
    if (typename !== this.#typename) {
      this.#typename = typename
      this.#ofType = this.#knownOf(typename ?? this.#type)
    }
    return this.#ofType && this.#indexOf(object, this.#ofType)
  }

  /** The objects with the representation at an index; asked for when all have been added. */
  objectsOf(index: number): readonly Tree[] {
    this.#byIndex ??= this.#group()
    return this.#byIndex[index] ?? []
  }

  #group(): Tree[][] {
    const byIndex: Tree[][] = this.representations.map(() => [])
    for (const [at, object] of this.objects.entries()) byIndex[this.indices[at] ?? -1]?.push(object)
    return byIndex
  }

  #knownOf(typename: unknown): KnownOfType | undefined {
    const known = this.#known.get(typename)
    if (known || typeof typename !== 'string') return known
    const representation = this.#representationOf(typename)
    const ofType = { representation, byIdentity: new Map(), byText: undefined }
    this.#known.set(typename, ofType)
    return ofType
  }

  #indexOf(object: Tree, ofType: KnownOfType): number | undefined {
    const { representation, byIdentity } = ofType
    if (!representation) return undefined
    const told = representation.identify(object)
    // Objects that say the same are no less different ones.
    const written = typeof told === 'object' && told !== null ? this.#write(object, representation) : undefined
    const identity = written ?? told
    const index = byIdentity.get(identity)
    const first = index === undefined ? undefined : this.#firsts[index]
    if (first && representation.same(first, object)) return index
    const text = written ?? this.#write(object, representation)
    if (text === undefined) return undefined
    if (index === undefined) {
      byIdentity.set(identity, this.representations.length)
      return this.#represent(object, text)
    }
    if (this.representations[index] === text) return index
    const byText = (ofType.byText ??= new Map<string, number>())
    const known = byText.get(text)
    if (known !== undefined) return known
    byText.set(text, this.representations.length)
    return this.#represent(object, text)
  }

  #write(object: Tree, { write }: Representation): string | undefined {
    this.#disagrees = false
    const text = write(object, this.#disagree)
    if (this.#disagrees) this.disagreed.push(object)
    return text
  }

  #represent(object: Tree, text: string): number {
    this.#firsts.push(object)
    return this.representations.push(text) - 1
  }
}
