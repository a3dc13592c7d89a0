import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { memoized } from '../../memoized.ts'
import { generate, literal, read } from '../code.ts'
import { jsonText } from '../json-text.ts'
import { DISAGREEMENT, type Tree } from '../tree.ts'
import { conditionOf } from './rewrites.ts'

/** How objects of one type are represented. */
export interface Representation {
  /** The JSON text; undefined when the object lacks something that it needs. */
  write: (object: Tree, writing: Writing) => string | undefined
  /** What tells most objects apart: the value of one field. */
  identify: (object: Tree) => unknown
  /** Whether two objects have the same representation, as far as that can be told without writing both. */
  same: (one: Tree, other: Tree) => boolean
  /** What it says of objects that is no object itself: it is the same of all with the same representation. */
  leaves: ReadonlySet<string>
}

/** What writers are told, and tell. */
export interface Writing {
  /** Whether strings may hold what JSON escapes. */
  readonly hasEscapes: boolean
  /** Something can't be represented since two subgraphs have told other things of it. */
  disagrees: boolean
}

/** Whether objects of one type are meant by a condition on another. */
export type MatchesType = (typename: string, condition: string) => boolean

export interface RepresentationOptions {
  matches: MatchesType
  /** What a type calls itself to the subgraph, which may know it by its interface only. */
  typenameFor: (typename: string) => string
}

interface Field {
  name: string
  selections: readonly QueryPlanSelectionNode[] | undefined
}

/** By the name of the type. */
export type RepresentationOf = (typename: string) => Representation | undefined

/**
 * Finds how a fetch represents its entities. Fetches that require the same have the same representations, so that what they
 * ask for can be told to be the same.
 */
export function createRepresentationsOf(matches: MatchesType): (fetch: FetchNode) => RepresentationOf {
  const known = new Map<string, RepresentationOf>()
  return ({ requires = [], inputRewrites = [] }) => {
    const key = JSON.stringify([requires, inputRewrites])
    const typenameFor = createTypenames(inputRewrites, matches)
    const representationOf = known.get(key) ?? createRepresentations(requires, { matches, typenameFor })
    known.set(key, representationOf)
    return representationOf
  }
}

/** What a type calls itself to the subgraph: the planner sets the interface's name where it knows no other. */
function createTypenames(
  rewrites: NonNullable<FetchNode['inputRewrites']>,
  matches: MatchesType,
): (typename: string) => string {
  return (typename) => {
    for (const rewrite of rewrites) {
      const [condition = '', name, ...deeper] = rewrite.path
      if (rewrite.kind !== 'ValueSetter' || name !== '__typename' || deeper.length > 0) {
        throw new Error(`Not known how representations are rewritten: ${JSON.stringify(rewrite)}`)
      }
      if (matches(typename, conditionOf(condition) ?? condition)) return String(rewrite.setValueTo)
    }
    return typename
  }
}

/**
 * Finds what writes representations of objects of a type, which is generated when the first one comes; undefined: nothing
 * is required of the type, so that it is none of the subgraph's entities.
 */
export function createRepresentations(
  requires: readonly QueryPlanSelectionNode[],
  { matches, typenameFor }: RepresentationOptions,
): RepresentationOf {
  return memoized((typename) => {
    const fields = fieldsOf(requires, typename, matches)
    if (fields.size === 0) return undefined
    const keys = [...fields.keys()].filter((name) => name !== '__typename')
    // The planner names what the entity is known by last.
    const identify = read('object', keys.at(-1) ?? '__typename')
    const same = keys.map((name) => `${read('one', name)} === ${read('other', name)}`).join(' && ') || 'true'
    return {
      write: generateWriter(fields, { matches, typename: typenameFor(typename) }),
      identify: generate(`function identify(object) { return ${identify} }`) as Representation['identify'],
      same: generate(`function same(one, other) { return ${same} }`) as Representation['same'],
      leaves: new Set(['__typename', ...keys.filter((name) => !fields.get(name)?.selections)]),
    }
  })
}

type Write = Representation['write']

function generateWriter(
  fields: ReadonlyMap<string, Field>,
  { matches, typename }: { matches: MatchesType; typename?: string },
): Write {
  const scope: Record<string, unknown> = { jsonText }
  // What stands before each value. Each is as long as can be: every `+` makes a string.
  const before: string[] = []
  const reads: string[] = []
  const writes: string[] = []
  const areStrings = ['!writing.hasEscapes']
  let text = '{'
  for (const [key, { name, selections }] of fields) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:`
    if (name === '__typename' && typename !== undefined) {
      text += JSON.stringify(typename)
      continue
    }
    const index = before.push(text) - 1
    text = ''
    reads.push(`const v${index} = ${read('object', key)}\nif (v${index} === undefined) return undefined`)
    areStrings.push(`typeof v${index} === "string"`)
    let written = `${areStrings[0]} && ${areStrings.at(-1)} ? '"' + v${index} + '"' : jsonText(v${index})`
    if (selections) {
      scope[`write${index}`] = createNestedWriter(selections, matches)
      written = `write${index}(v${index}, writing)`
    }
    writes.push(`const t${index} = ${written}\nif (t${index} === undefined) return undefined`)
  }
  const end = `${text}}`
  const quoted = before.map((part, index) => `${literal(`${index === 0 ? '' : '"'}${part}"`)} + v${index}`)
  const plain = before.map((part, index) => `${literal(part)} + t${index}`)
  return generate(
    `function write(object, writing) {
      ${reads.join('\n')}
      if (${areStrings.join(' && ')}) return ${[...quoted, literal(before.length > 0 ? `"${end}` : end)].join(' + ')}
      ${writes.join('\n')}
      return ${[...plain, literal(end)].join(' + ')}
    }`,
    scope,
  ) as Write
}

/** In place of the type of objects below entities that do not tell it, since all there are of one. */
const UNTOLD = ''

/** Writes what `@requires` and keys want of an object below an entity, or of a list of them. */
function createNestedWriter(
  selections: readonly QueryPlanSelectionNode[],
  matches: MatchesType,
): (value: unknown, writing: Writing) => string | undefined {
  const writerFor = memoized((typename) => generateWriter(fieldsOf(selections, typename, matches), { matches }))
  return function write(value, writing) {
    if (value === null) return 'null'
    if (value === DISAGREEMENT) writing.disagrees = true
    if (typeof value !== 'object') return undefined
    if (!Array.isArray(value)) {
      const object = value as Tree
      return writerFor(typeof object['__typename'] === 'string' ? object['__typename'] : UNTOLD)(object, writing)
    }
    let text = '['
    for (const [index, item] of value.entries()) {
      const written = write(item, writing)
      if (written === undefined) return undefined
      text += index === 0 ? written : `,${written}`
    }
    return `${text}]`
  }
}

/** The fields that are selected on objects of a type, by what they are called in the tree, with all selected below. */
function fieldsOf(
  selections: readonly QueryPlanSelectionNode[],
  typename: string,
  matches: MatchesType,
  found = new Map<string, Field>(),
): Map<string, Field> {
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') {
      const { typeCondition } = selection
      if (typeCondition === undefined || typename === UNTOLD || matches(typename, typeCondition)) {
        fieldsOf(selection.selections, typename, matches, found)
      }
      continue
    }
    const { name, alias: key = name } = selection
    const known = found.get(key)?.selections ?? []
    found.set(key, { name, selections: selection.selections && [...known, ...selection.selections] })
  }
  return found
}
