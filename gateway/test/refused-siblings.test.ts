import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { postGraphql, type GraphqlReply } from '@portico/testkit/post-graphql'
import {
  buildSchema,
  Kind,
  parse,
  parseType,
  print,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
} from 'graphql'
import { CONDITION_VARIABLES, createRandom, randomQuery, type Random } from './random-operations.ts'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SDL = `
  type Query {
    items: [Item]
    one: A
    any: Any
    nested: [[A!]]
    count: Int
    need(x: Int! = 1): Int
    hidden: Int @authenticated
  }
  interface Item { id: ID! odd: Int list: [Float] enum: Mood data: Json next: Item hidden: Int }
  union Any = A | B
  enum Mood { GOOD BAD }
  scalar Json
  type A implements Item {
    id: ID! odd: Int list: [Float] enum: Mood data: Json next: Item strict: Int! need(x: Int! = 1): Int
    hidden: Int @authenticated
  }
  type B implements Item { id: ID! odd: Int list: [Float] enum: Mood data: Json next: Item hidden: Int }`
const schema = buildSchema(`directive @authenticated on FIELD_DEFINITION ${SDL}`)

const item = { id: 'odd', odd: 1, list: [1, null, 2], enum: 'GOOD', data: { a: [1, { b: null }] }, strict: 1, need: 3 }
const b = { ...item, __typename: 'B', hidden: 5, next: null }
const a = { ...item, __typename: 'A', next: b }
const data = { items: [a, null, b], one: a, any: b, nested: [[a], null, []], count: 7, need: 8 }

/** Answers as servers give them whose scalars are less strict than ours. */
function withOddLeaves(text: string): string {
  return text
    .replaceAll('"odd":1', '"odd":1099511627776')
    .replaceAll('"id":"odd"', '"id":12')
    .replaceAll('"list":[1,', '"list":["one",')
    .replaceAll('"enum":"GOOD"', '"enum":"ELATED"')
    .replaceAll('"strict":1', '"strict":null')
}

let graph: TinyGraph
beforeAll(async () => {
  const resolvers = { Query: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, () => value])) }
  const limits = { MAX_ROOT_FIELDS: '500', MAX_ALIASES: '500', MAX_DIRECTIVES: '500' }
  graph = await startTinyGraph({ odd: { sdl: SDL, resolvers, editAnswer: withOddLeaves } }, limits)
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
})

const SIBLING = 'refusedSibling'
const NAME = (value: string) => ({ kind: Kind.NAME, value }) as const

/** The same query with a field beside others that is refused, at least to some objects. */
function withRefusedSiblings(document: DocumentNode, random: Random): DocumentNode {
  const types = new TypeInfo(schema)
  const sibling: FieldNode = { kind: Kind.FIELD, alias: NAME(SIBLING), name: NAME('hidden') }
  return visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: {
        leave(set) {
          const type = types.getParentType()
          const hasSibling = type && 'getFields' in type && type.getFields()['hidden']
          if (hasSibling && random(2) === 0) return { ...set, selections: [...set.selections, sibling] }
          return undefined
        },
      },
    }),
  )
}

/** The same query with names that begin like those of the specification, and arguments that may come to null. */
function withOddities(document: DocumentNode, random: Random): DocumentNode {
  const odd = visit(document, {
    Field(field): FieldNode | undefined {
      if (field.name.value === 'need' && random(2) === 0) {
        const value = { kind: Kind.VARIABLE, name: NAME('x') } as const
        return { ...field, arguments: [{ kind: Kind.ARGUMENT, name: NAME('x'), value }] }
      }
      if (field.name.value === 'data' && random(3) === 0) return { ...field, alias: NAME('__data') }
      return undefined
    },
    OperationDefinition: {
      leave: (definition) => {
        if (!print(document).includes('need')) return undefined
        const variable = { kind: Kind.VARIABLE, name: NAME('x') } as const
        const type = parseType('Int')
        if (type.kind !== Kind.NAMED_TYPE) return undefined
        const defaultValue = { kind: Kind.INT, value: '1' } as const
        const declared = { kind: Kind.VARIABLE_DEFINITION, variable, type, defaultValue } as const
        return { ...definition, variableDefinitions: [...(definition.variableDefinitions ?? []), declared] }
      },
    },
  })
  return validate(schema, odd).length === 0 ? odd : document
}

/** An answer without what the siblings added to it; the executor's order is not that of the text where fragments merge. */
function withoutSiblings({ data: found, errors }: Pick<GraphqlReply, 'data' | 'errors'>) {
  const kept = JSON.stringify({ data: found }, (key, value: unknown) => (key === SIBLING ? undefined : value))
  const told = errors
    .filter(({ path }) => path?.at(-1) !== SIBLING)
    .map(({ path, extensions }) => `${path?.join('.')} ${String(extensions['code'])}`)
  return { ...(JSON.parse(kept) as object), errors: told.toSorted() }
}

describe('a refused field', () => {
  it.each([
    ['{ one { odd id enum data list } }', '{ one { odd id enum data list hidden } }', {}],
    ['query ($x: Int = 1) { need(x: $x) count }', 'query ($x: Int = 1) { need(x: $x) count hidden }', { x: null }],
    ['{ items { __data: data __id: id } }', '{ items { __data: data __id: id hidden } }', {}],
  ])('changes nothing beside it, neither values nor errors: %s', async (query, withSibling, variables) => {
    const plain = await postGraphql(graph.url, { query, variables })
    const refused = await postGraphql(graph.url, {
      query: withSibling.replace('hidden', `${SIBLING}: hidden`),
      variables,
    })
    expect(refused.errors.length).toBeGreaterThan(plain.errors.length)
    expect(withoutSiblings(refused)).toEqual(withoutSiblings(plain))
    expect(plain.data).not.toBeNull()
  })

  const seed = Number(process.env['SEED'] ?? 7)
  it(`changes nothing beside it, whatever is asked (seed ${seed})`, async () => {
    const random = createRandom(seed)
    let refusals = 0
    for (let run = 0; run < 150; run += 1) {
      const document = withOddities(parse(randomQuery(schema, random)), random)
      const both = [print(document), print(withRefusedSiblings(document, random))]
      if (both.some((query) => validate(schema, parse(query)).length > 0)) continue
      const variables = { ...CONDITION_VARIABLES, ...(random(2) === 0 && { x: null }) }
      const [plain, refused] = await Promise.all(both.map((query) => postGraphql(graph.url, { query, variables })))
      if (!plain || !refused) throw new Error('Two queries have two answers.')
      refusals += refused.errors.length - plain.errors.length
      const [query] = both
      expect({ query, ...withoutSiblings(refused) }).toEqual({ query, ...withoutSiblings(plain) })
    }
    expect(refusals).toBeGreaterThan(50)
  }, 60_000)
})
