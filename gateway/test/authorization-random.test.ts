import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  buildSchema,
  executeSync,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ExecutionResult,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { CONDITION_VARIABLES, createRandom, randomQuery, type Random } from './random-operations.ts'
import { startTinyGraph, type SubgraphRequest, type TinySubgraph } from './tiny-graph.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { askAs, tokenTrustOf } from './viewer-requests.ts'

let issuer: TokenIssuer
beforeAll(async () => {
  issuer = await startTokenIssuer()
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

/** Lists of scopes of which a viewer must hold one, signed in; undefined: everyone is welcome. */
type Rule = string[][] | undefined
const RULES: Rule[] = [undefined, undefined, undefined, [[]], [['a']], [['a', 'b'], ['c']]]
const VIEWERS = [undefined, '', 'a', 'a b', 'c']

/** A graph of two subgraphs in which chance decides what is protected, and what may be null. */
interface ChanceGraph {
  subgraphs: Record<string, TinySubgraph>
  /** What clients see, as one schema. */
  schema: GraphQLSchema
  /** The same with the field by which subgraphs are asked for entities. */
  withEntities: GraphQLSchema
  /** By `Type` and `Type.field`. */
  rules: ReadonlyMap<string, Rule>
}

const thing = (type: string, id: string) => ({ __typename: type, id, n: 5, mood: 'GOOD', pin: 'x', extra: 7 })
const a = thing('A', 'a')
const b = thing('B', 'b')
const c = thing('C', 'c')
Object.assign(a, { next: b, all: [a, b, c], any: c, more: a, twins: [[a], []] })
Object.assign(b, { next: null, all: [c], any: b, more: b })
Object.assign(c, { next: a, all: [], any: a })
const ROOT = { items: [a, b, c, null], any: b, one: a, nested: [[a, a], [a]], count: 3 }
const BY_ID = new Map([a, b].map((item) => [item.id, item]))

function createChanceGraph(random: Random): ChanceGraph {
  const rules = new Map<string, Rule>()
  const rule = (coordinate: string) => {
    const chosen = RULES[random(RULES.length)]
    rules.set(coordinate, chosen)
    if (!chosen) return ''
    return random(3) > 0 && chosen.flat().length === 0
      ? '@authenticated'
      : `@requiresScopes(scopes: ${JSON.stringify(chosen)})`
  }
  const bang = Object.fromEntries(['n', 'mood', 'extra'].map((name) => [name, random(3) === 0 ? '!' : '']))
  const thingFields = (type: string) => `
      n: Int${bang['n']} ${rule(`${type}.n`)}
      mood: Mood${bang['mood']} ${rule(`${type}.mood`)}
      next: Item ${rule(`${type}.next`)}
      all: [Item!] ${rule(`${type}.all`)}
      any: Any ${rule(`${type}.any`)}`
  const shared = `
    interface Item { id: ID! n: Int${bang['n']} mood: Mood${bang['mood']} next: Item all: [Item!] any: Any }
    union Any = A | B | C
    enum Mood ${rule('Mood')} { GOOD }
    scalar Pin ${rule('Pin')}
    type A implements Item @key(fields: "id") ${rule('A')} { id: ID! ${thingFields('A')} twins: [[A!]!] pin: Pin }
    type B implements Item @key(fields: "id") ${rule('B')} { id: ID! ${thingFields('B')} pin: Pin ${rule('B.pin')} }
    type C implements Item ${rule('C')} { id: ID! ${thingFields('C')} }`
  const query = `items: [Item] any: Any ${rule('Query.any')} one: A nested: [[A!]!]`
  const ofB = `extra: Int${bang['extra']} ${rule('B.extra')} more: B`
  const ofA = `extra: Int ${rule('A.extra')} more: A ${rule('A.more')}`
  const count = `count: Int ${rule('Query.count')}`
  const whole = `
    directive @authenticated on OBJECT | FIELD_DEFINITION | SCALAR | ENUM
    directive @requiresScopes(scopes: [[String!]!]!) on OBJECT | FIELD_DEFINITION | SCALAR | ENUM
    directive @key(fields: String!) on OBJECT
    ${shared} extend type A { ${ofA} } extend type B { ${ofB} } type Query { ${query} ${count} }`
  const entities = `
    scalar _Any union _Entity = A | B extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`
  const keep = ({ id }: { id: string }) => BY_ID.get(id)
  return {
    rules,
    subgraphs: {
      left: {
        sdl: `${shared} type Query { ${query} }`,
        resolvers: { Query: rootResolvers(), A: ref(keep), B: ref(keep) },
      },
      right: {
        sdl: `type Query { ${count} } type A @key(fields: "id") { id: ID! ${ofA} } type B @key(fields: "id") { id: ID! ${ofB} }`,
        resolvers: { Query: rootResolvers(), A: ref(keep), B: ref(keep) },
      },
    },
    schema: buildSchema(whole),
    withEntities: buildSchema(whole + entities),
  }
}

function rootResolvers() {
  return Object.fromEntries(Object.entries(ROOT).map(([name, value]) => [name, () => value]))
}

const ref = (resolve: (reference: { id: string }) => unknown) => ({ __resolveReference: resolve })

/** Whether a viewer may see a field of an object, by the words of the rules. */
function maySee({ rules, schema }: ChanceGraph, scope: string | undefined, type: GraphQLObjectType, name: string) {
  const held = scope?.split(' ')
  const meets = (coordinate: string) => {
    const lists = rules.get(coordinate)
    return !lists || (held !== undefined && lists.some((list) => list.every((item) => held.includes(item))))
  }
  const field = type.getFields()[name]
  const returned: GraphQLNamedType | undefined = field && getNamedType(field.type)
  const shown = isAbstractType(returned) ? schema.getPossibleTypes(returned) : returned ? [returned] : []
  return meets(type.name) && meets(`${type.name}.${name}`) && shown.some((result) => meets(result.name))
}

/** The answer of one server that has everything and refuses what the viewer may not see. */
function expectedAnswer(graph: ChanceGraph, query: string, scope: string | undefined): ExecutionResult {
  const answer = executeSync({
    schema: graph.schema,
    document: parse(query),
    rootValue: ROOT,
    variableValues: CONDITION_VARIABLES,
    fieldResolver(source: Record<string, unknown>, _args, _context, { parentType, fieldName }) {
      if (!maySee(graph, scope, parentType, fieldName)) throw new GraphQLError('Unauthorized field or type')
      return source[fieldName]
    },
  })
  return JSON.parse(JSON.stringify(answer)) as ExecutionResult
}

/** What a subgraph was asked for although the viewer may not see it. */
function trespasses(graph: ChanceGraph, { query }: SubgraphRequest, scope: string | undefined): string[] {
  const found: string[] = []
  const types = new TypeInfo(graph.withEntities)
  visit(
    parse(query),
    visitWithTypeInfo(types, {
      Field({ name: { value: name } }) {
        const parent = types.getParentType()
        if (!parent || name.startsWith('_')) return
        const objects = isAbstractType(parent) ? graph.withEntities.getPossibleTypes(parent) : [parent]
        const seen = objects.filter((object) => isObjectType(object) && maySee(graph, scope, object, name))
        if (seen.length < objects.length) found.push(`${parent.name}.${name}`)
      },
    }),
  )
  return found
}

describe('whatever is protected, whoever asks for whatever', () => {
  const seed = Number(process.env['SEED'] ?? 7)

  it(`no subgraph is asked for what they may not see, and the answer is right (seed ${seed})`, async () => {
    const random = createRandom(seed)
    const paths = (list: readonly { path?: readonly unknown[] | undefined }[]) =>
      list.map(({ path }) => path?.join('.'))
    let refused = 0
    for (let world = 0; world < 3; world += 1) {
      const chance = createChanceGraph(random)
      await using graph = await startTinyGraph(chance.subgraphs, tokenTrustOf(issuer))
      for (let run = 0; run < 30; run += 1) {
        const query = randomQuery(chance.schema, random)
        const scope = VIEWERS[random(VIEWERS.length)]
        const { data, errors, asked } = await askAs(graph, issuer, { query, scope, variables: CONDITION_VARIABLES })
        if (errors.some(({ extensions }) => extensions['code'] === 'LIMIT_EXCEEDED')) continue
        const told = `${JSON.stringify(scope)}: ${query}`
        const found = asked.flatMap((request) => trespasses(chance, request, scope))
        expect({ told, found }).toEqual({ told, found: [] })
        const wanted = expectedAnswer(chance, query, scope)
        // What is wholly admitted is executed as it is; that is for other tests.
        if (!wanted.errors) continue
        expect({ told, data, errors: paths(errors) }).toEqual({
          told,
          data: wanted.data,
          errors: paths(wanted.errors),
        })
        refused += errors.length
      }
    }
    expect(refused).toBeGreaterThan(50)
  }, 60_000)
})
