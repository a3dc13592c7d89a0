import { Kind, type FragmentDefinitionNode, type SelectionNode, type SelectionSetNode } from 'graphql'
import { responseNameOf } from '../../operation.ts'
import { generate, literal } from '../code.ts'
import type { MatchesType } from '../fetch/representation.ts'
import { setOwn } from '../tree.ts'
import { CLOSE_LIST, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { readLeaf, readNested, readString, type Read } from './values.ts'

export interface ReaderOptions {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  matches: MatchesType
}

/** A selection set with more fields than this is not read: making code holds up everything else. */
const MOST_FIELDS = 1000
/** Nor is an object with more: the engine does not optimize such large functions. */
const MOST_OF_OBJECT = 200

/** A field as answers have it. */
interface Expected {
  name: string
  /** Its selections; none: it is a leaf. */
  sets: SelectionSetNode[]
  /** Whether it may be left out. */
  isConditional: boolean
}

/** Reads the fields of an object of a type behind its name. */
type ReadRest = (cursor: Cursor, typename: string) => unknown

const TYPENAME = '__typename'

const UNREADABLE = () => undefined

/**
 * Generates what reads objects of a selection set as subgraphs write them: without spaces, with the fields in the order in
 * which they are selected (GraphQL specification, section 7.2.2). So names are compared and not read, and the objects are
 * made with all of their fields at once. Every byte is looked at: what is read is what `JSON.parse` would make of it.
 */
export function generateReader(selectionSet: SelectionSetNode, options: ReaderOptions): Read {
  const sets = [selectionSet]
  if (countFields(sets, options, MOST_FIELDS) > MOST_FIELDS) return UNREADABLE
  return generateFor(sets, { ...options, nameOf: createNames() })
}

/** How many fields there are, with those below; once they are more than `most`, not all are counted. */
function countFields(sets: readonly SelectionSetNode[], options: ReaderOptions, most: number): number {
  const { fields } = collect(sets, options, undefined)
  let count = fields.length
  for (const { sets: below } of fields) {
    if (count <= most && below.length > 0) count += countFields(below, options, most - count)
  }
  return count
}

interface Generation extends ReaderOptions {
  nameOf: (read: string) => string
}

function generateFor(sets: readonly SelectionSetNode[], generation: Generation): Read {
  const { fields, conditions } = collect(sets, generation, undefined)
  // What comes first then can't be told; nobody but a client who asks for nothing else does so.
  if (fields[0]?.isConditional !== false || fields.length > MOST_OF_OBJECT) return UNREADABLE
  if (conditions.size > 0 && fields[0].name === TYPENAME)
    return generateTypedReader(sets, { ...generation, conditions })
  return generateFields('function readObject(cursor)', fields, { ...generation, opening: '{', members: [] }) as Read
}

/** So many names of types are remembered: a subgraph may make some up. */
const MOST_NAMES = 1000
/** For so many kinds of objects at one place code is generated. */
const MOST_KINDS = 50

/** Remembers names, which would hold the whole text that they are read from. */
function createNames(): (read: string) => string {
  const names = new Map<string, string>()
  return (read) => {
    const known = names.get(read)
    if (known !== undefined) return known
    const name = JSON.parse(JSON.stringify(read)) as string
    if (names.size < MOST_NAMES) names.set(name, name)
    return name
  }
}

/** Reads the name of an object's type and then the fields that are selected for it. */
function generateTypedReader(
  sets: readonly SelectionSetNode[],
  { conditions, ...generation }: Generation & { conditions: ReadonlySet<string> },
): Read {
  const { matches, nameOf } = generation
  const byName = new Map<string, ReadRest>()
  /** By which of the conditions hold: for most types the same do. */
  const byKind = new Map<string, ReadRest>()

  function generateRest(typename: string): ReadRest {
    const [, ...fields] = collect(sets, generation, typename).fields
    const members = [`${literal(TYPENAME)}: typename`]
    const head = 'function readRest(cursor, typename)'
    return generateFields(head, fields, { ...generation, opening: ',', members }) as ReadRest
  }

  function restFor(typename: string): ReadRest {
    const kind = [...conditions].filter((condition) => matches(typename, condition)).join()
    const known = byKind.get(kind)
    if (known || byKind.size === MOST_KINDS) return known ?? UNREADABLE
    const rest = generateRest(typename)
    byKind.set(kind, rest)
    return rest
  }

  function readRest(cursor: Cursor, name: string): unknown {
    const typename = nameOf(name)
    const rest = byName.get(typename) ?? restFor(typename)
    if (byName.size < MOST_NAMES) byName.set(typename, rest)
    return rest(cursor, typename)
  }

  const source = `function readTyped(cursor) {
    const { bytes, view, size } = cursor
    ${expect(`{"${TYPENAME}":`)}
    if (bytes[cursor.at] !== ${QUOTE}) return undefined
    const typename = readString(cursor)
    return typename === undefined ? undefined : readRest(cursor, typename)
  }`
  return generate(source, { readString, readRest }) as Read
}

/**
 * The fields of selection sets, those of fragments for other types than `typename` left out. Without it all are there, which
 * is right where fragments are for the types that objects have; that is found out when they are read.
 */
function collect(
  sets: readonly SelectionSetNode[],
  { fragments, matches }: ReaderOptions,
  typename: string | undefined,
): { fields: Expected[]; conditions: ReadonlySet<string> } {
  const found = new Map<string, Expected>()
  const conditions = new Set<string>()

  function add(selection: SelectionNode, isAboveConditional: boolean): void {
    const isConditional = isAboveConditional || (selection.directives?.length ?? 0) > 0
    if (selection.kind === Kind.FIELD) {
      const name = responseNameOf(selection)
      const known = found.get(name) ?? { name, sets: [], isConditional }
      found.set(name, known)
      if (!isConditional) known.isConditional = false
      if (selection.selectionSet) known.sets.push(selection.selectionSet)
      return
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    if (!fragment) return
    const condition = fragment.typeCondition?.name.value
    if (condition !== undefined) conditions.add(condition)
    if (condition !== undefined && typename !== undefined && !matches(typename, condition)) return
    for (const inner of fragment.selectionSet.selections) add(inner, isConditional)
  }

  for (const { selections } of sets) for (const selection of selections) add(selection, false)
  return { fields: [...found.values()], conditions }
}

interface FieldsOptions extends Generation {
  /** What stands before the first of them. */
  opening: '{' | ','
  /** The source of members that the object has before them. */
  members: readonly string[]
}

/** Generates a function that reads fields up to the end of their object, and makes the object. */
function generateFields(head: string, fields: readonly Expected[], options: FieldsOptions): unknown {
  const { opening, nameOf } = options
  const scope: Record<string, unknown> = { readLeaf, readNested, readString, setOwn, nameOf }
  const members = [...options.members]
  const lines: string[] = []
  const sometimes: string[] = []
  for (const [index, { name, sets, isConditional }] of fields.entries()) {
    const begin = `${index === 0 ? opening : ','}"${name}":`
    const value = `v${index}`
    const isNested = sets.length > 0
    if (isNested) scope[`read${index}`] = generateFor(sets, options)
    const reading = [isNested ? readingNested(value, `read${index}`) : readingLeaf(value)]
    if (name === TYPENAME) reading.push(`if (typeof ${value} === 'string') ${value} = nameOf(${value})`)
    lines.push(`let ${value}`)
    if (isConditional) {
      lines.push(`if (${standsAt(begin)}) { ${skip(begin)}\n${reading.join('\n')} }`)
      sometimes.push(`if (${value} !== undefined) setOwn(object, ${literal(name)}, ${value})`)
    } else {
      lines.push(expect(begin), ...reading)
      members.push(`${memberName(name)}: ${value}`)
    }
  }
  const source = `${head} {
    const { bytes, view, size } = cursor
    ${lines.join('\n')}
    ${expect('}')}
    const object = { ${members.join(', ')} }
    ${sometimes.join('\n')}
    return object
  }`
  return generate(source, scope)
}

/** The source of reading a leaf, most of which are strings. */
function readingLeaf(value: string): string {
  return `${value} = bytes[cursor.at] === ${QUOTE} ? readString(cursor) : readLeaf(cursor)
    if (${value} === undefined) return undefined`
}

/** The source of reading an object, null, or a list of them, most of which are lists of objects. */
function readingNested(value: string, read: string): string {
  return `if (bytes[cursor.at] === ${OPEN_OBJECT}) ${value} = ${read}(cursor)
    else if (bytes[cursor.at] === ${OPEN_LIST} && bytes[cursor.at + 1] === ${OPEN_OBJECT}) {
      ${value} = []
      do {
        cursor.at += 1
        const item = bytes[cursor.at] === ${OPEN_OBJECT} ? ${read}(cursor) : readNested(cursor, ${read})
        if (item === undefined) return undefined
        ${value}.push(item)
      } while (bytes[cursor.at] === ${COMMA})
      if (bytes[cursor.at] !== ${CLOSE_LIST}) return undefined
      cursor.at += 1
    } else ${value} = readNested(cursor, ${read})
    if (${value} === undefined) return undefined`
}

/** The source of leaving the reader where the text is another one, and else moving behind it. */
function expect(text: string): string {
  return `if (!(${standsAt(text)})) return undefined\n${skip(text)}`
}

function skip(text: string): string {
  return `cursor.at += ${text.length}`
}

/** The source of whether a text of ASCII stands at the cursor: four bytes are compared at once, the last ones again. */
function standsAt(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  const places = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) =>
    Math.min(index * 4, bytes.length - 4),
  )
  const equal =
    bytes.length < 4
      ? [...bytes].map((byte, index) => `bytes[cursor.at + ${index}] === ${byte}`)
      : places.map((place) => `view.getInt32(cursor.at + ${place}, true) === ${bytes.readInt32LE(place)}`)
  return [`cursor.at + ${bytes.length} <= size`, ...equal].join(' && ')
}

/** The source of a name in an object literal, where only a computed `__proto__` is a name like any other. */
function memberName(name: string): string {
  return name === '__proto__' ? `[${literal(name)}]` : literal(name)
}
