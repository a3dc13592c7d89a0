import * as fc from 'fast-check'

/** A choice among things that are known later: see `pick`. */
export type Choice = number

export interface ArgumentSpec {
  name: number
  choice: Choice
}

/** A field before it is known which subgraphs and types there are. */
export interface FieldSpec {
  name: number
  /** Whose field it is, and of which type. */
  choice: Choice
  /** Whether it has a selection set. */
  composite: boolean
  /** Index into `WRAPS`. */
  wrap: number
  /** What it does now and then: see `MOODS`. */
  mood: number
  /** Features beside: sharing, requirements, provisions, overriding, being inaccessible. */
  feature: number
  arguments: ArgumentSpec[]
}

export interface EntitySpec {
  name: number
  /** Index into `KEY_FORMS`. */
  keys: number
  choice: Choice
  fields: FieldSpec[]
}

export interface ValueSpec {
  name: number
  /** Whether its fields are spread over subgraphs. */
  split: boolean
  choice: Choice
  fields: FieldSpec[]
}

export interface AbstractSpec {
  name: number
  kind: 'interface' | 'interface-object' | 'union'
  choice: Choice
  fields: FieldSpec[]
}

/** A supergraph and its data as a plain value; everything else follows from it. */
export interface World {
  /** How many subgraphs. */
  subgraphs: number
  entities: EntitySpec[]
  values: ValueSpec[]
  abstracts: AbstractSpec[]
  queries: FieldSpec[]
  mutations: FieldSpec[]
  /** Changes all data. */
  salt: number
}

/** Forms of types; `T` is the named type. Nullable and non-null ones weigh about the same. */
export const WRAPS = ['T', 'T!', '[T]', '[T!]', '[T]!', '[T!]!', '[[T]]', '[[T!]!]!', '[[T!]]']

/** What resolvers do now and then. */
export const MOODS = ['steady', 'null', 'throw', 'null in a non-null position', 'any of it'] as const

export const KEY_FORMS = ['single', 'compound', 'nested', 'either', 'chain', 'stub'] as const

export const FEATURES = ['none', 'shared', 'requires', 'provides', 'override', 'inaccessible'] as const

const choice = fc.noBias(fc.nat({ max: 0xffffff }))

/** Mostly 0. */
const seldom = (max: number, weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(0) }, { weight: 10, arbitrary: fc.noBias(fc.nat({ max })) })

function fields(amount: { minLength: number; maxLength: number }, { composite }: { composite: number }) {
  const field = fc.record<FieldSpec>({
    name: fc.noBias(fc.nat({ max: 7 })),
    choice,
    composite: fc.noBias(fc.nat({ max: 99 })).map((percent) => percent >= 100 - composite),
    wrap: seldom(WRAPS.length - 1, 5),
    mood: seldom(MOODS.length - 1, 7),
    feature: seldom(FEATURES.length - 1, 8),
    arguments: fc.oneof(
      { weight: 3, arbitrary: fc.constant<ArgumentSpec[]>([]) },
      {
        weight: 1,
        arbitrary: fc.uniqueArray(fc.record({ name: fc.noBias(fc.nat({ max: 3 })), choice }), {
          minLength: 1,
          maxLength: 2,
          selector: ({ name }) => name,
        }),
      },
    ),
  })
  return fc.uniqueArray(field, { ...amount, size: 'max', selector: ({ name }) => name })
}

function named<Spec extends { name: number }>(
  spec: fc.Arbitrary<Spec>,
  amount: { minLength: number; maxLength: number },
): fc.Arbitrary<Spec[]> {
  return fc.uniqueArray(spec, { ...amount, size: 'max', selector: ({ name }) => name })
}

const name = fc.noBias(fc.nat({ max: 9 }))

/** Random supergraphs; about one in ten does not compose. */
export const worlds: fc.Arbitrary<World> = fc.record({
  subgraphs: fc.noBias(fc.integer({ min: 2, max: 5 })),
  entities: named(
    fc.record({
      name,
      keys: fc.noBias(fc.nat({ max: KEY_FORMS.length - 1 })),
      choice,
      fields: fields({ minLength: 1, maxLength: 5 }, { composite: 40 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  values: named(
    fc.record({
      name,
      split: fc.boolean(),
      choice,
      fields: fields({ minLength: 1, maxLength: 3 }, { composite: 35 }),
    }),
    { minLength: 0, maxLength: 2 },
  ),
  abstracts: named(
    fc.record({
      name,
      kind: fc.constantFrom('interface', 'interface-object', 'union'),
      choice,
      fields: fields({ minLength: 0, maxLength: 3 }, { composite: 30 }),
    }),
    { minLength: 0, maxLength: 2 },
  ),
  queries: fields({ minLength: 1, maxLength: 5 }, { composite: 85 }),
  mutations: fields({ minLength: 0, maxLength: 3 }, { composite: 60 }),
  salt: fc.noBias(fc.nat({ max: 0xffff })),
})
