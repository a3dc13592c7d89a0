import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRepository, LINK, type Repository } from './repository.ts'

jest.setTimeout(60_000)

let repository: Repository
beforeEach(async () => {
  repository = await createRepository()
})
afterEach(() => repository[Symbol.asyncDispose]())

describe('the check of composition', () => {
  it('shows where subgraphs do not fit each other', async () => {
    await repository.subgraphs({
      a: `type Query { t: T }\ntype T @key(fields: "id") {\n  id: ID!\n  "Said above its name."\n  name: String\n}`,
      b: `type T @key(fields: "id") {\n  id: ID!\n  name: String\n}`,
    })
    expect(await repository.check()).toEqual([
      {
        severity: 'error',
        code: 'INVALID_FIELD_SHARING',
        message: expect.stringContaining('Non-shareable field "T.name"'),
        at: ['subgraphs/a.graphql:7:3', 'subgraphs/b.graphql:5:3'],
      },
    ])
  })

  it('shows every mistake at once, of all subgraphs', async () => {
    await repository.subgraphs({
      a: `type Query {\n  one: Missing\n}`,
      b: `type T @key(fields: "none") {\n  id: ID!\n}`,
    })
    const found = await repository.check()
    expect(found.map(({ code, at }) => [code, at[0]])).toEqual([
      ['INVALID_GRAPHQL', 'subgraphs/a.graphql:4:8'],
      ['KEY_INVALID_FIELDS', 'subgraphs/b.graphql:3:8'],
    ])
  })

  it('shows SDL that is no GraphQL, in each file', async () => {
    await repository.subgraphs({ a: 'type Query {\n  one: }', b: 'tipe T { id: ID }', c: 'type T { id: ID }' })
    const found = await repository.check()
    expect(found.map(({ severity, code, at }) => [severity, code, ...at])).toEqual([
      ['error', 'INVALID_GRAPHQL', 'subgraphs/a.graphql:4:8'],
      ['error', 'INVALID_GRAPHQL', 'subgraphs/b.graphql:3:1'],
    ])
  })

  it('shows the field that no subgraph can resolve on the way there', async () => {
    await repository.subgraphs({
      a: `type Query { t: T }\ntype T @key(fields: "id") {\n  id: ID!\n}`,
      b: `type T @key(fields: "name") {\n  name: ID! @shareable\n  price: Int\n}`,
    })
    const found = await repository.check()
    expect(found.map(({ code, at }) => [code, ...at])).toEqual([
      ['SATISFIABILITY_ERROR', 'subgraphs/b.graphql:4:3'],
      ['SATISFIABILITY_ERROR', 'subgraphs/b.graphql:5:3'],
    ])
  })

  it('takes it for an error when subgraphs give a directive different arguments, and warns of what else differs', async () => {
    const one = (reason: string, description: string) =>
      `type Query {\n  "${description}"\n  one: String @shareable @deprecated(reason: "${reason}")\n}`
    await repository.subgraphs({ a: one('old', 'First.'), b: one('older', 'Second.') })
    await repository.compose()
    const found = await repository.check()
    expect(found.map(({ severity, code, at }) => [severity, code, ...at])).toEqual([
      ['warning', 'INCONSISTENT_DESCRIPTION', 'subgraphs/a.graphql:5:3', 'subgraphs/b.graphql:5:3'],
      [
        'error',
        'INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS',
        'subgraphs/a.graphql:5:3',
        'subgraphs/b.graphql:5:3',
      ],
    ])
  })

  it('shows the type that is meant when there is no field', async () => {
    const link = LINK.replace('"@policy"', '"@interfaceObject"')
    await repository.subgraphs({
      a: `${link}interface I { id: ID! }\ntype T implements I @key(fields: "id") { id: ID! }\ntype Query { i: I }`,
      b: `${link}type Query { j: I }\ntype I @key(fields: "id") @interfaceObject { id: ID! }`,
    })
    const found = await repository.check()
    expect(found.map(({ code, at }) => [code, ...at])).toEqual([
      ['SATISFIABILITY_ERROR', 'subgraphs/a.graphql:3:11', 'subgraphs/b.graphql:4:6'],
    ])
  })

  it('shows what composition throws instead of returning it', async () => {
    const entry = { name: 'a', url: 'http://a:4000/graphql', schema: '../a.graphql' }
    await repository.write({
      'a.graphql': 'type Query { one: Int }',
      'schema/subgraphs.json': JSON.stringify([entry, entry]),
    })
    expect(await repository.check()).toMatchObject([
      { severity: 'error', message: expect.stringContaining('A subgraph named a already exists') },
    ])
  })

  it('can do nothing without the list of subgraphs or a schema that it names', async () => {
    await expect(repository.check()).rejects.toMatchObject({ problems: ['schema/subgraphs.json is not there'] })
    await repository.write({ 'schema/subgraphs.json': '[{ "name": "a" }]' })
    await expect(repository.check()).rejects.toMatchObject({
      problems: [
        'schema/subgraphs.json: 0.url must be an http:// or https:// address',
        expect.stringContaining('schema/subgraphs.json: 0.schema'),
      ],
    })
    await repository.subgraphs({ a: 'type Query { one: Int }', b: 'type T { id: ID }' })
    await repository.write({ 'subgraphs/a.graphql': undefined, 'subgraphs/b.graphql': undefined })
    await expect(repository.check()).rejects.toMatchObject({
      problems: [
        'schema/subgraphs.json: the schema of a, subgraphs/a.graphql, is not there',
        'schema/subgraphs.json: the schema of b, subgraphs/b.graphql, is not there',
      ],
    })
  })
})
