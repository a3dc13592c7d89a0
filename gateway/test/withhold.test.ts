import { describe, expect, it } from '@jest/globals'
import { buildSchema, isAbstractType } from 'graphql'
import { fieldSites, sitePath, sitePathOn } from '../src/admission/field-sites.ts'
import type { Refusal } from '../src/admission/gate.ts'
import { CONDITION_VARIABLES, createRandom, randomQuery } from './random-operations.ts'
import { expected, toOperation, withhold } from './withheld-fields.ts'

const schema = buildSchema(/* GraphQL */ `
  type Query {
    me: User
    items(first: Int): [Item!]
    things: [Thing]
    strict: Strict
    count: Int!
  }
  type Mutation {
    first: Int
    second(by: Int): Int
    third: Int
  }
  interface Item {
    id: ID!
    price: Int
    related: [Item!]
  }
  type Book implements Item {
    id: ID!
    price: Int
    related: [Item!]
    pages: Int
  }
  type Film implements Item {
    id: ID!
    price: Int
    related: [Item!]
    minutes: Int
  }
  type Song implements Item {
    id: ID!
    price: Int
    related: [Item!]
  }
  union Thing = Book | User
  type User {
    name: String
    email: String
    friends: [User!]
  }
  type Strict {
    rows: [[Row!]!]
  }
  type Row {
    open: Int!
    closed: Int!
  }
`)

const book = { __typename: 'Book', id: 'b', price: 1, pages: 300 }
const film = { __typename: 'Film', id: 'f', price: 2, minutes: 90, related: [book] }
const friend = { __typename: 'User', name: 'Bo', email: 'bo@example.test' }
const row = { open: 1, closed: 2 }
const data = {
  me: { __typename: 'User', name: 'Al', email: 'al@example.test', friends: [friend, friend] },
  items: [{ ...book, related: [film] }, film],
  things: [book, null, friend],
  strict: { rows: [[row, row], [row]] },
  count: 7,
  first: 1,
  second: 2,
  third: 3,
}
const shop = { schema, data }

const refusal: Refusal = { message: 'No.', code: 'REFUSED', extensions: { retryAfterMs: 5 } }
const refuse = (...keys: string[]) => new Map(keys.map((key) => [key, refusal]))

/** Withholds fields, and expects the answer of an executor that asks for them and is refused. */
function check(source: string, keys: string[], variables: Record<string, unknown> = {}) {
  const refusals = refuse(...keys)
  const withheld = withhold(shop, source, refusals, variables)
  const whole = expected(shop, source, refusals, variables)
  expect(withheld.answer).toEqual(whole)
  expect(JSON.stringify(withheld.answer.data)).toBe(JSON.stringify(whole.data))
  return withheld
}

describe('a withheld field', () => {
  it('is not asked for, and is null with an error that says why and where', () => {
    const { text, answer } = check('{ me { name email } count }', ['me.email'])
    expect(text).not.toContain('email')
    expect(answer).toEqual({
      data: { me: { name: 'Al', email: null }, count: 7 },
      errors: [
        expect.objectContaining({
          message: 'No.',
          path: ['me', 'email'],
          extensions: { code: 'REFUSED', retryAfterMs: 5 },
        }),
      ],
    })
  })

  it('has an error for each item of a list, in lists of lists too', () => {
    const { answer } = check('{ me { friends { email name } } }', ['me.friends.email'])
    expect(answer.errors?.map(({ path }) => path?.join('.'))).toEqual(['me.friends.0.email', 'me.friends.1.email'])
  })

  it('keeps its place in the order of the answer', () => {
    const { answer } = check('{ me { email name } count strict { __typename } }', ['me.email', 'count'])
    expect(JSON.stringify(answer.data)).toBe('null')
    const kept = check('{ strict { __typename } me { email a: name friends { name } } }', ['me.email', 'me.friends'])
    expect(JSON.stringify(kept.answer.data)).toBe(
      '{"strict":{"__typename":"Strict"},"me":{"email":null,"a":"Al","friends":null}}',
    )
  })

  it('takes its parent with it where it must not be null, with one error', () => {
    const { answer } = check('{ strict { rows { open closed } } count }', ['strict.rows.closed'])
    expect(answer).toMatchObject({ data: { strict: { rows: null }, count: 7 } })
    expect(answer.errors).toHaveLength(1)
    expect(check('{ me { name } count }', ['count']).answer).toMatchObject({
      data: null,
      errors: [{ path: ['count'] }],
    })
  })

  it('leaves an object that has nothing else to be asked for', () => {
    const { text, answer } = check('{ me { email } }', ['me.email'])
    expect(text).toContain('__typename')
    expect(answer.data).toEqual({ me: { email: null } })
    const nobody = { schema, data: { me: null } }
    expect(withhold(nobody, '{ me { email } }', refuse('me.email')).answer).toEqual({ data: { me: null } })
  })

  it('is known by its alias, and so may be withheld once and answered once', () => {
    const { answer } = check('{ me { a: email b: email email } }', ['me.a'])
    expect(answer.data).toEqual({ me: { a: null, b: 'al@example.test', email: 'al@example.test' } })
  })

  it('that is selected twice is one field of the answer', () => {
    const { answer } = check('{ me { friends { email } friends { name } } me { friends { email } } }', [
      'me.friends.email',
    ])
    expect(answer.errors).toHaveLength(2)
    expect(check('{ me { friends { name } } me { friends { email } } }', ['me.friends']).answer.errors).toHaveLength(1)
  })

  it('in a fragment is withheld where the fragment is spread, and only there', () => {
    const source = 'fragment F on User { email } { me { ...F friends { ...F } } }'
    const { answer } = check(source, ['me.friends.email'])
    expect(answer.data).toMatchObject({ me: { email: 'al@example.test', friends: [{ email: null }, { email: null }] } })
    check(source, ['me.email'])
    check(
      'fragment F on User { email ...G } fragment G on User { friends { ...H } } fragment H on User { name } { me { ...F ...G } }',
      ['me.friends.name'],
    )
  })

  it('of an interface is withheld from objects of some types, or all', () => {
    const source = '{ items { id price ... on Book { pages } related { price } } }'
    const { answer, text } = check(source, ['items.price@Book', 'items.related.price@Film'])
    expect(answer.data).toMatchObject({ items: [{ price: null, related: [{ price: null }] }, { price: 2 }] })
    expect(text).toContain('... on Film')
    expect(check(source, ['items.price']).text).not.toMatch(/id\s+price/)
    check(source, ['items.id@Book'])
    check(source, ['items.pages@Book', 'items.related@Film'])
    check('{ items { ... on Item { ... on Book { price } ... on Film { price } } } }', ['items.price@Film'])
    check('{ items { ... on Book { x: pages } ... on Film { x: minutes } } }', ['items.x@Film'])
  })

  it('of a member of a union is withheld from that member', () => {
    const source = '{ things { __typename ... on User { name } ... on Item { price } } }'
    expect(check(source, ['things.name@User']).answer.data).toMatchObject({
      things: [{ price: 1 }, null, { name: null }],
    })
    check(source, ['things.name@User', 'things.price@Book'])
  })

  it('is withheld only if it is included', () => {
    const source = `
      query ($on: Boolean!) {
        me { email @include(if: $on) ... @skip(if: $on) { name } ...F @include(if: $on) }
        items @skip(if: $on) { price }
      }
      fragment F on User { friends { email @skip(if: $on) name } }`
    const keys = ['me.email', 'items.price', 'me.friends.email', 'me.name']
    const errorsIf = (on: boolean) => check(source, keys, { on }).answer.errors?.map(({ path }) => path?.join('.'))
    expect(errorsIf(true)).toEqual(['me.email'])
    expect(errorsIf(false)).toEqual(['me.name', 'items.0.price', 'items.1.price'])
  })

  it('takes the variables with it that only it had', () => {
    const source = 'query ($first: Int, $on: Boolean!) { items(first: $first) { id } me { name @include(if: $on) } }'
    const { text } = check(source, ['items'], { on: true })
    expect(text).not.toContain('$first')
    expect(text).toContain('$on: Boolean!')
  })

  it('of a mutation is not called, and the others are in their order', () => {
    const { text, answer } = check('mutation { third second(by: 2) first }', ['second'])
    expect(text.match(/third|second|first/g)).toEqual(['third', 'first'])
    expect(JSON.stringify(answer.data)).toBe('{"third":3,"second":null,"first":1}')
  })
})

describe('an operation of which everything is withheld', () => {
  it('has nothing left to fetch', () => {
    const { reduced, answer } = check('{ t: __typename me { name } ... on Query { me { email } } }', ['me'])
    expect(reduced.definition.selectionSet.selections).toEqual([])
    expect(answer.data).toEqual({ t: 'Query', me: null })
  })

  it('still tells of the schema, arguments and built-in types included', () => {
    const { answer } = check(
      `query ($deep: Boolean = true) {
        me { name }
        ... on Query { __type(name: "Query") { fields { name args { name type { name } } } } }
        again: __type(name: "Mutation") { name fields @include(if: $deep) { args { name } } }
        __schema { queryType { name } }
      }`,
      ['me'],
    )
    expect(answer.data).toMatchObject({
      me: null,
      __type: { fields: expect.arrayContaining([{ name: 'items', args: [{ name: 'first', type: { name: 'Int' } }] }]) },
      again: { name: 'Mutation', fields: [{ args: [] }, { args: [{ name: 'by' }] }, { args: [] }] },
      __schema: { queryType: { name: 'Query' } },
    })
  })
})

describe('what is left of an operation', () => {
  it('has a key by what was refused, not by why', () => {
    const key = (refused: Map<string, Refusal>) => withhold(shop, '{ me { name email } count }', refused).reduced.key
    const later = { ...refusal, extensions: { retryAfterMs: 9 } }
    expect(key(new Map([['me.email', later]]))).toBe(key(refuse('me.email')))
    expect(key(refuse('me.name'))).not.toBe(key(refuse('me.email')))
    expect(key(refuse('me.name', 'me.email'))).toBe(key(refuse('me.email', 'me.name')))
  })

  it('never becomes huge by spreading fragments or splitting by type', () => {
    const names = Array.from({ length: 20 }, (_, index) => `F${index}`)
    const bomb = names.map((name, index) => {
      const inner = index === 0 ? 'name email' : `friends { ...F${index - 1} } friends { ...F${index - 1} }`
      return `fragment ${name} on User { ${inner} }`
    })
    const error = expect.objectContaining({ extensions: expect.objectContaining({ code: 'LIMIT_EXCEEDED' }) })
    expect(() => withhold(shop, `{ me { ...F19 } count } ${bomb.join(' ')}`, refuse('count'))).toThrow(error)

    const deep = (depth: number) => `{ items { ${'related { '.repeat(depth)} id ${'}'.repeat(depth)} } }`
    const refused = Array.from({ length: 20 }, (_, depth) => `items${'.related'.repeat(depth + 1)}@Film`)
    expect(() => withhold(shop, deep(20), refuse(...refused))).toThrow(error)
    check(deep(5), refused)
  })
})

describe('a field that some types refuse at every level', () => {
  it('does not double what is asked for at each of them', () => {
    const textAt = (depth: number) => {
      const source = `{ items { ${'related { '.repeat(depth)} id price ${'}'.repeat(depth)} } }`
      const refused = Array.from({ length: depth }, (_, level) => `items${'.related'.repeat(level + 1)}@Film`)
      return check(source, refused).text
    }
    const [three = '', six = '', nine = ''] = [3, 6, 9].map(textAt)
    expect(nine.length - six.length).toBeLessThan(1.2 * (six.length - three.length))
  })
})

describe('a client that calls another field __typename', () => {
  it('gets what it asked for', () => {
    const { answer } = check('{ items { __typename: id price } }', ['items.price'])
    expect(answer.data).toEqual({
      items: [
        { __typename: 'b', price: null },
        { __typename: 'f', price: null },
      ],
    })
    check('{ items { __typename_: id t: __typename price __typename: price related { __typename } } }', [
      'items.price@Book',
    ])
  })
})

describe('a field that is refused at a path', () => {
  it('is not fetched of an interface that no type implements', () => {
    const nobody = buildSchema('type Query { any: Any } interface Any { secret: Int open: Int }')
    const { text } = withhold({ schema: nobody, data: {} }, '{ any { secret open } }', refuse('any.secret'))
    expect(text).not.toContain('secret')
    expect(text).toContain('open')
  })
})

describe('more refused fields than anybody reads of', () => {
  it('have a thousand errors, and one that says how many there are beside them, and all are null', () => {
    const many = Array.from({ length: 700 })
    const large = { schema, data: { items: many.map(() => book) } }
    const { answer } = withhold(large, '{ items { price again: price id } }', refuse('items.price', 'items.again'))
    expect(answer.errors).toHaveLength(1001)
    expect(answer.errors?.[999]).toMatchObject({ message: 'No.', path: ['items', 499, 'again'] })
    const { path, ...last } = answer.errors?.at(-1) ?? {}
    expect(path).toBeUndefined()
    expect(last).toMatchObject({ message: expect.stringContaining('400 more errors'), extensions: refusal.extensions })
    expect(answer.data).toEqual({ items: many.map(() => ({ price: null, again: null, id: 'b' })) })
  })

  it('still take with them what must not be null', () => {
    const lenient = buildSchema('type Query { rows: [Row] } type Row { open: Int! closed: Int! }')
    const rows = Array.from({ length: 1200 }, () => row)
    const { answer } = withhold({ schema: lenient, data: { rows } }, '{ rows { open closed } }', refuse('rows.closed'))
    expect(answer.errors).toHaveLength(1001)
    expect(answer.data).toEqual({ rows: rows.map(() => null) })
  })
})

describe('whatever is withheld of whatever operation', () => {
  const seed = Number(process.env['SEED'] ?? 7)

  it(`the answer is that of an executor that asks for it and is refused (seed ${seed})`, () => {
    const random = createRandom(seed)
    let withheld = 0
    for (let run = 0; run < 120; run += 1) {
      const source = randomQuery(schema, random)
      const keys = new Set<string>()
      for (const site of fieldSites(toOperation(schema, source), schema)) {
        const type = isAbstractType(site.parentType)
          ? schema.getPossibleTypes(site.parentType)[random(2)]
          : site.parentType
        const path = sitePath(site)
        if (random(6) === 0) keys.add(random(2) === 0 || !type ? path : sitePathOn(path, type))
      }
      try {
        withheld += check(source, [...keys], CONDITION_VARIABLES).answer.errors?.length ?? 0
      } catch (error) {
        throw new Error(`${source}\nwithout ${[...keys].join(' ')}`, { cause: error })
      }
    }
    expect(withheld).toBeGreaterThan(50)
  })
})
