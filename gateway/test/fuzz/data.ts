import { GraphQLError } from 'graphql'
import { hash, pickText } from './choice.ts'
import { ENTITIES, type Graph, type GraphField, type Need } from './graph.ts'
import { coerceLiteral } from './inputs.ts'
import { orgOf } from './subgraph-sdl.ts'

/** An object: all that is known of it follows from its type and number. */
export interface ObjectNode {
  __typename: string
  type: string
  number: number
  /** What the gateway sent of it, when it was asked by key. */
  sent?: Readonly<Record<string, unknown>>
}

export interface Place {
  node: ObjectNode
  field: string
  values: Readonly<Record<string, unknown>>
}

/** What changes while an operation runs. */
export interface Course {
  /** How many mutations have run. */
  mutations: number
}

export const newCourse = (): Course => ({ mutations: 0 })

export function createNode(type: string, number: number): ObjectNode {
  return { __typename: type, type, number }
}

const COLORS = ['RED', 'GREEN', 'BLUE']

/** A key field's value; the number of its object can be read from each but `region`. */
function keyValue({ type, number }: ObjectNode, field: string): unknown {
  switch (field) {
    case 'id':
    case 'sku':
    case 'label':
      return `${type}-${number}`
    case 'code':
    case 'serial':
      return 1000 + number
    case 'region':
      return COLORS[number % 3]
    case 'org':
      return createNode(orgOf(type), number)
    default:
      return undefined
  }
}

/** The object that a representation speaks of. @throws when its keys are none, or of different objects. */
export function nodeOf(type: string, sent: Readonly<Record<string, unknown>>): ObjectNode {
  const org = sent['org']
  const told = [sent['id'], sent['sku'], sent['label'], sent['code'], sent['serial']]
  if (org && typeof org === 'object' && 'id' in org) told.push(org.id)
  const ids = told.filter((value) => value !== undefined)
  const numbers = new Set(
    ids.map((value) => (typeof value === 'number' ? value - 1000 : Number(/-(\d+)$/.exec(textOf(value))?.[1]))),
  )
  const [number] = numbers
  if (number === undefined || numbers.size > 1 || !Number.isInteger(number)) {
    throw new GraphQLError(`BAD REPRESENTATION: ${JSON.stringify(sent)}`)
  }
  // Of an interface object only the key tells the type.
  const concrete = ids.map((value) => /^([A-Z]\d+)(?:Org)?-\d+$/.exec(textOf(value))?.[1]).find(Boolean) ?? type
  return { ...createNode(concrete, number), sent }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/**
 * The value of a field, as a resolver returns it; the same for the monolith and for every subgraph.
 * `subgraph`: who resolves it; undefined: the monolith.
 */
export function resolveField(
  graph: Graph,
  place: Place,
  { subgraph, course }: { subgraph: string | undefined; course: Course },
): unknown {
  const { node, field: name, values } = place
  if (node.type.endsWith('Org') && name === 'id') return `${node.type}-${node.number}`
  const key = keyValue(node, name)
  const field = graph.types.get(node.type)?.fields.get(name)
  if (!field) {
    if (key === undefined) throw new GraphQLError(`NO SUCH FIELD: ${node.type}.${name}`)
    return key
  }
  const isKnown = field.owners.every((owner) => !graph.types.get(node.type)?.unknown.get(owner)?.has(node.number))
  if (!isKnown) return null
  if (subgraph !== undefined) checkAsked(graph, place, { field, subgraph })
  const inputs = field.needs.map((need) => (node.sent ? sentValue(node.sent, need) : neededValue(graph, node, need)))
  const before = node.type === 'Mutation' ? (course.mutations += 1) : 0
  const isStale = subgraph !== undefined && field.override?.stale === subgraph
  const seed = hash(
    graph.salt,
    node.type,
    node.number,
    name,
    canonicalText(values),
    canonicalText(inputs),
    before,
    String(isStale),
  )
  return valueOf(graph, { node, field, seed })
}

/** A subgraph is asked only for what is its own, and with what that requires. */
function checkAsked(graph: Graph, { node }: Place, { field, subgraph }: { field: GraphField; subgraph: string }): void {
  const isOwn = field.owners.includes(subgraph)
  if (!isOwn && !graph.external.get(subgraph)?.has(`${node.type}.${field.name}`)) {
    throw new GraphQLError(`NOT MY FIELD: ${subgraph} ${node.type}.${field.name}`)
  }
  if (field.needs.length === 0 || node.sent) return
  // Where a field of the subgraph's own provides what is needed, it knows that itself.
  const provided = [...graph.types.values()].flatMap(({ fields }) =>
    [...fields.values()].flatMap(({ of, owners, provides }) =>
      of === node.type && owners.includes(subgraph) && provides !== undefined ? [provides] : [],
    ),
  )
  const names = new Set(provided)
  const isProvided = field.needs.every((need) => names.has(need.field))
  if (!isProvided) throw new GraphQLError(`REQUIREMENTS MISSING: ${node.type}.${field.name}`)
}

/** What a representation says of a required field. @throws when it says nothing. */
function sentValue(sent: unknown, need: Need): unknown {
  if (sent === null || typeof sent !== 'object') return null
  if (need.on !== undefined && '__typename' in sent && sent.__typename !== need.on) return 'other type'
  const value: unknown = Object.entries(sent).find(([name]) => name === need.field)?.[1]
  if (value === undefined) throw new GraphQLError(`REQUIREMENT NOT SENT: ${need.field} in ${JSON.stringify(sent)}`)
  if (need.children.length === 0) return value
  return below(value, (object) => need.children.map((child) => sentValue(object, child)))
}

function below(value: unknown, of: (object: object) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => below(item, of))
  return value !== null && typeof value === 'object' && !JSON.isRawJSON(value) ? of(value) : value
}

/** The true value of a required field; null where it fails. */
function neededValue(graph: Graph, node: ObjectNode, need: Need): unknown {
  if (need.on !== undefined && node.type !== need.on) return 'other type'
  const field = graph.types.get(node.type)?.fields.get(need.field)
  const values: Record<string, unknown> = {}
  for (const { name, type, byDefault } of field?.arguments ?? []) {
    const text = need.literals[name] ?? byDefault
    if (text !== undefined) values[name] = coerceLiteral(type, text)
  }
  let value: unknown
  try {
    value = resolveField(graph, { node, field: need.field, values }, { subgraph: undefined, course: newCourse() })
  } catch {
    return null
  }
  if (need.children.length === 0) return value
  return belowNodes(value, (object) => need.children.map((child) => neededValue(graph, object, child)))
}

function belowNodes(value: unknown, of: (object: ObjectNode) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => belowNodes(item, of))
  return isNode(value) ? of(value) : value
}

export function isNode(value: unknown): value is ObjectNode {
  return value !== null && typeof value === 'object' && 'number' in value && 'type' in value
}

interface ValueOptions {
  node: ObjectNode
  field: GraphField
  seed: number
}

function valueOf(graph: Graph, { node, field, seed }: ValueOptions): unknown {
  const { mood, wrap, calm } = field
  const now = hash(seed, 'mood') % 3 === 0
  const isNonNull = wrap.endsWith('!')
  if (now && (mood === 'throw' || (mood === 'any of it' && seed % 2 === 0)) && !(calm && isNonNull)) {
    throw new GraphQLError(`boom ${node.type}.${field.name} ${node.number}`)
  }
  return shaped(wrap, seed)

  function shaped(type: string, at: number): unknown {
    const strict = type.endsWith('!')
    const bare = strict ? type.slice(0, -1) : type
    const isNull = mood !== 'steady' && mood !== 'throw' && hash(at, 'null') % 4 === 0
    const mayBreak = (mood === 'null in a non-null position' || mood === 'any of it') && !calm
    if (isNull && (!strict || (mayBreak && at % 3 === 0))) return null
    if (bare.startsWith('[')) {
      const length = hash(at, 'length') % 4
      return Array.from({ length }, (_, index) => shaped(bare.slice(1, -1), hash(at, index)))
    }
    return field.isLeaf ? leafOf(field.of, at) : objectOf(at)
  }

  function objectOf(at: number): ObjectNode | null {
    const type = pickText(field.possible, at)
    if (type === undefined) return null
    const target = graph.types.get(type)
    if (target?.kind !== 'entity') return createNode(type, hash(at, 'value') % 1000)
    const known = Array.from({ length: ENTITIES }, (_, number) => number).filter((number) =>
      field.owners.every((owner) => !target.unknown.get(owner)?.has(number)),
    )
    return createNode(type, known[hash(at, 'entity') % known.length] ?? 0)
  }
}

const STRINGS = ['', 'plain', 'ünï 🙂', '"quoted" \\ \n\t', '__proto__', '7', '\u2028', 'null', '\ud800']
const FLOATS = [0, 0.1, -1.5, 1e21, 123456.789, 3, 5e-324]
const ANYS = [
  '{"b":1,"a":[null,{"__proto__":{"x":1},"2":0,"1":0}],"constructor":"c"}',
  '[]',
  '"text"',
  '{"__typename":"E0","id":"7"}',
  '-0.5',
  '{"":{}}',
  'true',
]

function leafOf(type: string, seed: number): unknown {
  const at = hash(seed, 'leaf')
  switch (type) {
    case 'Int':
      return (at % 2001) - 1000
    case 'Float':
      return FLOATS[at % FLOATS.length]
    case 'Boolean':
      return at % 2 === 0
    case 'Color':
      return COLORS[at % 3]
    case 'ID':
      return at % 2 === 0 ? String(at % 1000) : `id ${at % 100}`
    case 'Any':
      return JSON.parse(ANYS[at % ANYS.length] ?? 'null')
    default:
      return `${STRINGS[at % STRINGS.length]}${at % 10}`
  }
}

/** JSON with sorted names. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part) || JSON.isRawJSON(part)) return part
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
