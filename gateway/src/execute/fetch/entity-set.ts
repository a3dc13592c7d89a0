import type { Tree } from '../tree.ts'
import type { Representation, Writing } from './representation.ts'

/** The entities of one type that are known, to find the same one again. */
interface Known {
  /** The index of what was first there under an identity. */
  byIdentity: Map<unknown, number>
  /** All that have an identity of another before them; undefined: there is none. */
  byText: Map<string, number> | undefined
}

/** An entity that a subgraph is asked for. */
export interface Entity {
  /** The JSON text of its representation. */
  text: string
  /** The object that was there first, and how that is represented. */
  object: Tree
  representation: Representation
}

/** Entities, each once. */
export class EntitySet {
  readonly all: Entity[] = []
  /** Objects that can't be represented, since subgraphs have told other things of what is required. */
  readonly disagreed: Tree[] = []
  readonly #known = new Map<Representation, Known>()
  readonly #writing: Writing
  #representation: Representation | undefined
  #ofType: Known = { byIdentity: new Map(), byText: undefined }

  /** `hasEscapes`: strings of objects may hold what JSON escapes. */
  constructor({ hasEscapes = true } = {}) {
    this.#writing = { hasEscapes, disagrees: false }
  }

  /**
   * Adds an object, unless its like is there, and gives the index; undefined: it lacks what its representation needs.
   * `text` is that of its representation, if that is written already. Objects are compared as they are now.
   */
  add(object: Tree, representation: Representation, text?: string): number | undefined {
    // Most are of one type.
    const ofType = this.#representation === representation ? this.#ofType : this.#knownOf(representation)
    const { byIdentity } = ofType
    const told = representation.identify(object)
    // Objects that say the same are no less different ones.
    const written =
      typeof told === 'object' && told !== null ? (text ?? this.#write(object, representation)) : undefined
    const identity = written ?? told
    const index = byIdentity.get(identity)
    const first = index === undefined ? undefined : this.all[index]
    if (first && representation.same(first.object, object)) return index
    const own = written ?? text ?? this.#write(object, representation)
    if (own === undefined) return undefined
    if (index === undefined) {
      byIdentity.set(identity, this.all.length)
      return this.all.push({ text: own, object, representation }) - 1
    }
    if (first?.text === own) return index
    const byText = (ofType.byText ??= new Map<string, number>())
    const known = byText.get(own)
    if (known !== undefined) return known
    byText.set(own, this.all.length)
    return this.all.push({ text: own, object, representation }) - 1
  }

  #knownOf(representation: Representation): Known {
    const known = this.#known.get(representation) ?? { byIdentity: new Map(), byText: undefined }
    this.#known.set(representation, known)
    this.#representation = representation
    this.#ofType = known
    return known
  }

  #write(object: Tree, { write }: Representation): string | undefined {
    const writing = this.#writing
    writing.disagrees = false
    const text = write(object, writing)
    if (writing.disagrees) this.disagreed.push(object)
    return text
  }
}
