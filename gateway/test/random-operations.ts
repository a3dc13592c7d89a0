import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  isUnionType,
  parse,
  validate,
  type GraphQLCompositeType,
  type GraphQLSchema,
} from 'graphql'

/** The next number from 0 up to, and without, `below`. */
export type Random = (below: number) => number

/** The same numbers for the same seed. Algorithm: mulberry32, public domain. */
export function createRandom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const DEEPEST = 3
const CONDITIONS = ['@include(if: $yes)', '@skip(if: $yes)', '@include(if: $no)', '@skip(if: $no)']
export const CONDITION_VARIABLES = { yes: true, no: false }

/**
 * A valid query of a schema whose fields need no arguments, with aliases, conditions and fragments in fragments. Its
 * variables are `CONDITION_VARIABLES`.
 */
export function randomQuery(schema: GraphQLSchema, random: Random): string {
  for (;;) {
    const query = attempt(schema, random)
    if (validate(schema, parse(query)).length === 0) return query
  }
}

function attempt(schema: GraphQLSchema, random: Random): string {
  const fragments: { name: string; type: GraphQLCompositeType; text: string }[] = []
  const composites = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type))
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[random(items.length)]
  const condition = () => (random(5) === 0 ? (pick(CONDITIONS) ?? '') : '')

  function selections(type: GraphQLCompositeType, depth: number): string {
    return `{ ${Array.from({ length: 1 + random(3) }, () => selection(type, depth)).join(' ')} }`
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    const kind = random(10)
    if (kind === 0) return '__typename'
    if (kind === 1) {
      const spread = pick(fragments.filter((fragment) => doTypesOverlap(schema, type, fragment.type)))
      if (spread) return `...${spread.name} ${condition()}`
    }
    if (kind <= 3 || isUnionType(type)) {
      const narrow = pick(
        composites.filter((other) => !other.name.startsWith('__') && doTypesOverlap(schema, type, other)),
      )
      if (narrow && depth < DEEPEST) return `... on ${narrow.name} ${condition()} ${selections(narrow, depth + 1)}`
    }
    const field = isUnionType(type) ? undefined : pick(Object.values(type.getFields()))
    if (!field) return '__typename'
    const result = getNamedType(field.type)
    if (isCompositeType(result) && depth >= DEEPEST) return '__typename'
    const alias = random(4) === 0 ? `${field.name}_${random(2)}: ` : ''
    return `${alias}${field.name} ${condition()} ${isCompositeType(result) ? selections(result, depth + 1) : ''}`
  }

  for (const name of ['F', 'G', 'H']) {
    const type = pick(composites.filter((other) => !other.name.startsWith('__') && other !== schema.getQueryType()))
    if (type) fragments.push({ name, type, text: `fragment ${name} on ${type.name} ${selections(type, 2)}` })
  }
  const query = schema.getQueryType()
  const body = query ? selections(query, 0) : ''
  const text = (document: string): string => {
    const missing = fragments.find(({ name, text: definition }) => {
      return document.includes(`...${name} `) && !document.includes(definition)
    })
    return missing ? text(`${document} ${missing.text}`) : document
  }
  const document = text(body)
  const variables = Object.keys(CONDITION_VARIABLES).filter((name) => document.includes(`$${name}`))
  const declared = variables.map((name) => `$${name}: Boolean!`).join(' ')
  return `query ${declared && `(${declared})`} ${document}`
}
