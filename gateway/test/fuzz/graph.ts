import { happens, hash, pickText } from './choice.ts'
import { printLiteral, randomInput, ARGUMENT_TYPES } from './inputs.ts'
import { addProvisions, addRequirements } from './needs.ts'
import { printSubgraph } from './subgraph-sdl.ts'
import {
  FEATURES,
  KEY_FORMS,
  MOODS,
  WRAPS,
  type AbstractSpec,
  type EntitySpec,
  type FieldSpec,
  type ValueSpec,
  type World,
} from './world.ts'

export const LEAVES = ['Int', 'Float', 'String', 'Boolean', 'ID', 'Color', 'Any'] as const

export interface GraphArgument {
  name: string
  type: string
  /** GraphQL text. */
  byDefault: string | undefined
  /** Clients do not see it. */
  hidden: boolean
}

/** A part of what a field needs of its object before it can be resolved, as in `@requires(fields:)`. */
export interface Need {
  field: string
  /** GraphQL text with its parentheses. */
  arguments: string
  /** The arguments in GraphQL text. */
  literals: Readonly<Record<string, string>>
  /** Narrows what is under an abstract type. */
  on: string | undefined
  children: readonly Need[]
}

export interface GraphField {
  name: string
  wrap: string
  /** The named type. */
  of: string
  isLeaf: boolean
  arguments: readonly GraphArgument[]
  /** Subgraphs that resolve it. */
  owners: readonly string[]
  mood: (typeof MOODS)[number]
  /** Subgraphs that say that it is never null, where others of its owners do not. */
  strictIn: readonly string[]
  feature: (typeof FEATURES)[number]
  choice: number
  /** Nothing may go wrong in a non-null position: what is fetched unseen must not null what is seen. */
  calm: boolean
  /** Concrete types of its objects. */
  possible: readonly string[]
  needs: readonly Need[]
  /** Whether another subgraph provides it. */
  provided: boolean
  /** In GraphQL text, for `@provides(fields:)`. */
  provides: string | undefined
  override: { from: string; label: string | undefined; stale: string | undefined } | undefined
  /** The interface whose object has it, in the subgraph that knows none of the interface's types. */
  interfaceObject: string | undefined
}

export interface GraphType {
  name: string
  kind: 'root' | 'entity' | 'value' | 'interface' | 'interface-object' | 'union'
  fields: Map<string, GraphField>
  /** Concrete types of an abstract one. */
  members: readonly string[]
  homes: readonly string[]
  keys: (typeof KEY_FORMS)[number]
  split: boolean
  choice: number
  /** Clients do not see it, nor any field that returns it. */
  hidden: boolean
  /** Objects that a subgraph does not know when it is asked by key: numbers of objects by subgraph. */
  unknown: ReadonlyMap<string, ReadonlySet<number>>
}

/** What follows from a world. */
export interface Graph {
  salt: number
  subgraphs: readonly string[]
  types: ReadonlyMap<string, GraphType>
  /** Types that a subgraph's schema has. */
  declared: ReadonlyMap<string, ReadonlySet<string>>
  /** Fields that a subgraph's schema marks `@external`, as `Type.field`. */
  external: ReadonlyMap<string, Set<string>>
  sdl: ReadonlyMap<string, string>
}

/** How many objects of an entity type there are. */
export const ENTITIES = 4

/** Lays out a world: who owns what, and the SDL of each subgraph. */
export function createGraph(world: World): Graph {
  const subgraphs = Array.from({ length: world.subgraphs }, (_, index) => `s${index}`)
  const types = new Map<string, GraphType>()
  for (const entity of world.entities) addEntity(entity)
  for (const value of world.values) addValue(value)
  const forbidden = new Map(subgraphs.map((name) => [name, new Map<string, string>()]))
  for (const abstract of world.abstracts) addAbstract(abstract)
  const root = (name: string): GraphType => ({ ...blank(name, 'root'), homes: subgraphs })
  types.set('Query', root('Query'))
  types.set('Mutation', root('Mutation'))

  for (const { name, fields } of world.values) {
    for (const field of fields) addField(`V${name}`, `f${field.name}`, field)
    const value = types.get(`V${name}`)
    if (value?.split) value.homes = [...new Set([...value.fields.values()].flatMap(({ owners }) => owners))]
  }
  for (const { name, fields } of world.entities)
    for (const field of fields) addField(`E${name}`, `f${field.name}`, field)
  for (const { name, kind, fields } of world.abstracts) {
    if (kind !== 'union') for (const field of fields) addInterfaceField(`I${name}`, `f${name}${field.name}`, field)
  }
  for (const field of world.queries) addField('Query', `q${field.name}`, field)
  for (const field of world.mutations) addField('Mutation', `m${field.name}`, field)

  const declared = new Map(subgraphs.map((name) => [name, new Set<string>()]))
  const graph = {
    salt: world.salt,
    subgraphs,
    types,
    declared,
    external: new Map(subgraphs.map((name) => [name, new Set<string>()])),
    sdl: new Map<string, string>(),
  }
  addRequirements(graph)
  addProvisions(graph)
  declareTypes(graph, declared)
  for (const type of types.values()) {
    for (const field of type.fields.values()) {
      field.possible = possibleTypes(graph, field)
      field.strictIn = strictOwners(field, type)
    }
    type.unknown = unknownEntities(type, graph)
  }
  for (const name of subgraphs) graph.sdl.set(name, printSubgraph(graph, name))
  return graph

  function blank(name: string, kind: GraphType['kind']): GraphType {
    const rest = {
      members: [],
      homes: [],
      keys: 'single',
      split: false,
      choice: 0,
      hidden: false,
      unknown: new Map(),
    } as const
    return { ...rest, name, kind, fields: new Map() }
  }

  function someSubgraphs(choice: number): string[] {
    const some = subgraphs.filter((name) => hash(choice, name, 'home') % 2 === 0)
    return some.length > 0 ? some : [pickText(subgraphs, choice) ?? '']
  }

  function addEntity({ name, choice, keys }: EntitySpec): void {
    const entity = blank(`E${name}`, 'entity')
    const hidden = happens(choice, 'hidden', 10)
    types.set(entity.name, {
      ...entity,
      choice,
      hidden,
      homes: someSubgraphs(choice),
      keys: KEY_FORMS[keys] ?? 'single',
    })
  }

  function addValue({ name, choice, split }: ValueSpec): void {
    const homes = someSubgraphs(choice)
    const isSplit = split && homes.length > 1
    types.set(`V${name}`, { ...blank(`V${name}`, 'value'), choice, homes: isSplit ? homes : [], split: isSplit })
  }

  function addAbstract({ name, kind, choice }: AbstractSpec): void {
    const able = [...types.values()].filter(
      (type) => type.kind === 'entity' || (type.kind === 'value' && !type.split && kind === 'union'),
    )
    const objects = [...types.values()].filter((type) => type.kind === 'interface-object')
    const taken = new Set(objects.flatMap((type) => type.members))
    const free = kind === 'interface-object' ? able.filter((type) => !taken.has(type.name)) : able
    const chosen = free.filter((type) => hash(choice, type.name) % 3 !== 0)
    const members = chosen.length > 0 ? chosen : free.filter((type) => type.kind === 'entity')
    if (members.length === 0) return
    const type = {
      ...blank(`${kind === 'union' ? 'U' : 'I'}${name}`, kind),
      members: members.map((one) => one.name),
      choice,
    }
    types.set(type.name, type)
    if (kind === 'union') return
    for (const member of members) if (member.keys === 'nested' || member.keys === 'chain') member.keys = 'single'
    if (kind !== 'interface-object') return
    const home = pickText(subgraphs, choice) ?? ''
    type.homes = [home]
    for (const member of members) {
      member.keys = 'single'
      member.hidden = false
      member.homes = member.homes.filter((one) => one !== home)
      if (member.homes.length === 0) member.homes = subgraphs.filter((one) => one !== home).slice(0, 1)
      forbidden.get(home)?.set(member.name, type.name)
    }
  }

  function addField(on: string, name: string, spec: FieldSpec): void {
    const type = types.get(on)
    if (!type) return
    const { choice } = spec
    const feature = FEATURES[spec.feature] ?? 'none'
    const isEntity = type.kind === 'entity'
    const homes = type.kind === 'value' && !type.split ? [] : type.homes
    const owner = pickText(homes, choice)
    const another = pickText(
      homes.filter((home) => home !== owner),
      choice,
    )
    const owners = [owner, feature === 'shared' ? another : undefined].filter((home) => home !== undefined)
    const { of, owners: allOwners } = targetOf(spec, owners, on !== 'Mutation')
    if (isEntity) type.homes = subgraphs.filter((home) => type.homes.includes(home) || allOwners.includes(home))
    const field = createField(name, spec, { of, owners: allOwners })
    type.fields.set(name, field)
    if (isEntity && feature === 'override' && owner && another && allOwners.length === 1) {
      const label = [undefined, 'percent(0)', 'percent(100)', 'percent(50)'][hash(choice, 'label') % 4]
      const stale = label === 'percent(0)' ? owner : label === 'percent(50)' ? undefined : another
      field.owners = [owner, another]
      field.override = { from: another, label, stale }
    }
  }

  /** The named type of a field: one that all its owners can have. */
  function targetOf(spec: FieldSpec, owners: string[], maySpread = true): { of: string; owners: string[] } {
    const leaf = pickText(LEAVES, spec.choice) ?? 'Int'
    if (!spec.composite) return { of: leaf, owners }
    const of =
      pickText(
        [...types.keys()].filter((name) => !/^(Query|Mutation)$/.test(name)),
        spec.choice,
      ) ?? leaf
    const target = types.get(of)
    if (target?.kind === 'value' && target.split) {
      const isFree = maySpread && owners.length > 0 && !owners.some((owner) => (forbidden.get(owner)?.size ?? 0) > 0)
      return isFree ? { of, owners: [...target.homes] } : { of: leaf, owners }
    }
    const blocked = owners.map((owner) => forbidden.get(owner)).filter((one) => one !== undefined)
    const instead = blocked.map((one) => one.get(of)).find(Boolean)
    if (instead) return { of: instead, owners: owners.slice(0, 1) }
    const isBlocked = blocked.some((one) => target?.members.some((member) => one.has(member) && one.get(member) !== of))
    return isBlocked ? { of: leaf, owners } : { of, owners }
  }

  function addInterfaceField(on: string, name: string, spec: FieldSpec): void {
    const type = types.get(on)
    if (!type) return
    const isObject = type.kind === 'interface-object'
    const free = subgraphs.filter((home) => !type.members.some((member) => forbidden.get(home)?.has(member)))
    const home = isObject ? type.homes[0] : pickText(free, spec.choice)
    if (!home) return
    const { of, owners } = targetOf(spec, [home])
    if (owners.length !== 1) return
    const field = { ...createField(name, spec, { of, owners }), feature: 'none' as const }
    type.fields.set(name, field)
    for (const member of type.members) {
      const strict = !isObject && !field.wrap.endsWith('!') && happens(spec.choice, member, 3)
      const wrap = strict ? `${field.wrap}!` : field.wrap
      types.get(member)?.fields.set(name, { ...field, wrap, interfaceObject: isObject ? on : undefined })
      const object = types.get(member)
      if (object && !isObject) object.homes = subgraphs.filter((one) => one === home || object.homes.includes(one))
    }
  }
}

function createField(name: string, spec: FieldSpec, { of, owners }: { of: string; owners: string[] }): GraphField {
  return {
    name,
    wrap: WRAPS[spec.wrap] ?? 'T',
    of,
    isLeaf: LEAVES.some((leaf) => leaf === of),
    arguments: spec.arguments.map(({ name: number, choice }): GraphArgument => {
      const type = pickText(ARGUMENT_TYPES, choice) ?? 'Int'
      // Composition rounds the numbers of custom scalars.
      const hasDefault = happens(choice, 'default', 3) && !type.includes('Any')
      const byDefault = hasDefault ? printLiteral(type, randomInput(type, choice)) : undefined
      const hidden = !hasDefault && !type.endsWith('!') && happens(choice, 'hidden', 6)
      return { name: `a${number}`, type, byDefault, hidden }
    }),
    owners,
    mood: MOODS[spec.mood] ?? 'steady',
    strictIn: [],
    feature: FEATURES[spec.feature] ?? 'none',
    choice: spec.choice,
    calm: false,
    possible: [],
    needs: [],
    provided: false,
    provides: undefined,
    override: undefined,
    interfaceObject: undefined,
  }
}

/** Puts into each subgraph the types of its fields, and theirs. */
function declareTypes({ types, subgraphs }: Graph, declared: ReadonlyMap<string, Set<string>>): void {
  const declare = (subgraph: string, name: string): void => {
    const type = types.get(name)
    const all = declared.get(subgraph)
    if (!type || !all || all.has(name)) return
    all.add(name)
    if (type.kind !== 'value') return
    for (const field of type.fields.values()) {
      if (!type.split) field.owners = [...new Set([...field.owners, subgraph])]
      if (field.owners.includes(subgraph)) declare(subgraph, field.of)
    }
  }
  for (const type of types.values()) {
    for (const home of type.kind === 'root' ? [] : type.homes) declare(home, type.name)
    if (type.kind === 'interface-object') declare(types.get(type.members[0] ?? '')?.homes[0] ?? '', type.name)
    for (const field of type.fields.values()) {
      for (const owner of field.owners) {
        if (type.kind !== 'value' || type.split) declare(owner, field.of)
        if (type.kind === 'interface') declare(owner, type.name)
      }
      const declareNeeds = (on: GraphType, needs: readonly Need[]): void => {
        for (const need of needs) {
          const needed = (types.get(need.on ?? '') ?? on).fields.get(need.field)
          const target = types.get(needed?.of ?? '')
          if (need.on) for (const owner of field.owners) declare(owner, need.on)
          if (!target) continue
          for (const owner of field.owners) declare(owner, target.name)
          declareNeeds(target, need.children)
        }
      }
      declareNeeds(type, field.needs)
    }
  }
  // Interfaces and unions: the types of theirs that are there anyway, or all.
  for (const subgraph of subgraphs) {
    for (const type of types.values()) {
      if (!declared.get(subgraph)?.has(type.name) || type.members.length === 0) continue
      if (type.kind === 'interface-object') {
        if (!type.homes.includes(subgraph)) for (const member of type.members) declare(subgraph, member)
        continue
      }
      const there = type.members.some((member) => declared.get(subgraph)?.has(member))
      if (!there || type.choice % 2 === 0) for (const member of type.members) declare(subgraph, member)
    }
  }
}

function possibleTypes({ types, declared }: Graph, field: GraphField): string[] {
  const target = types.get(field.of)
  if (!target) return []
  if (target.members.length === 0) return [target.name]
  return target.members.filter((member) =>
    field.owners.every((owner) => {
      const isObject = target.kind === 'interface-object' && target.homes.includes(owner)
      return isObject || declared.get(owner)?.has(member)
    }),
  )
}

/** What is never null, some of the subgraphs that share it say so. */
function strictOwners(
  { owners: [, ...others], choice, mood, isLeaf, override }: GraphField,
  { kind }: GraphType,
): string[] {
  if (mood !== 'steady' || !isLeaf || override || kind.startsWith('interface')) return []
  return others.filter((owner) => happens(choice, `strict ${owner}`, 3))
}

/** Some subgraphs answer null for some entities; where only they own fields, this is the same as that these are null. */
function unknownEntities(type: GraphType, { types }: Graph): Map<string, Set<number>> {
  const unknown = new Map<string, Set<number>>()
  const isMember = [...types.values()].some(({ members }) => members.includes(type.name))
  if (type.kind !== 'entity' || isMember || (type.keys !== 'single' && type.keys !== 'stub')) return unknown
  for (const home of type.homes) {
    const own = [...type.fields.values()].filter(({ owners }) => owners.includes(home))
    const isFree = own.every(({ owners, calm, override }) => owners.length === 1 && !calm && !override)
    if (isFree && happens(type.choice, home, 3)) unknown.set(home, new Set([type.choice % ENTITIES]))
  }
  return unknown
}
