import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRepository, type Repository } from './repository.ts'

jest.setTimeout(60_000)

let repository: Repository
beforeEach(async () => {
  repository = await createRepository()
  await repository.subgraphs({ a: 'type Query {\n  one(n: Int): Int\n  two: Int\n}' })
  await repository.compose()
})
afterEach(() => repository[Symbol.asyncDispose]())

async function check(operations: Record<string, string>) {
  const entries = Object.entries(operations).map(([path, text]) => [`schema/operations/${path}.graphql`, text])
  await repository.write(Object.fromEntries(entries) as Record<string, string>)
  const found = await repository.check()
  return found.map(({ severity, code, at }) => [severity, code, ...at])
}

describe('the check of operations', () => {
  it('lets valid operations pass, with their fragments, in folders of any depth', async () => {
    const fragment = 'query Two { ...F }\nfragment F on Query { two }'
    expect(await check({ One: 'query One($n: Int) { one(n: $n) }', 'app/screens/Two': fragment })).toEqual([])
  })

  it('shows what the schema does not have, in every file', async () => {
    const found = await check({
      'app/One': 'query One {\n  one\n  three\n  four\n}',
      Two: 'query Two($n: String) {\n  two\n  one(n: $n)\n}',
    })
    expect(found).toEqual([
      ['error', 'OPERATION_INVALID', 'schema/operations/Two.graphql:1:11', 'schema/operations/Two.graphql:3:10'],
      ['error', 'OPERATION_INVALID', 'schema/operations/app/One.graphql:3:3'],
      ['error', 'OPERATION_INVALID', 'schema/operations/app/One.graphql:4:3'],
    ])
  })

  it('shows mistakes of syntax', async () => {
    expect(await check({ One: 'query One {\n  one(\n}' })).toEqual([
      ['error', 'OPERATION_INVALID', 'schema/operations/One.graphql:3:1'],
    ])
  })

  it('wants one operation in each file, named as the file', async () => {
    expect(
      await check({
        Anonymous: '{ one }',
        Fragment: 'fragment Fragment on Query { one }',
        Other: '# Comments are no operations.\nquery Another { one }',
        Several: 'query Several { one }\nquery More { two }',
      }),
    ).toEqual([
      ['error', 'OPERATION_MISNAMED', 'schema/operations/Anonymous.graphql:1:1'],
      ['error', 'OPERATION_MISSING', 'schema/operations/Fragment.graphql'],
      ['error', 'OPERATION_INVALID', 'schema/operations/Fragment.graphql:1:1'],
      ['error', 'OPERATION_MISNAMED', 'schema/operations/Other.graphql:2:7'],
      ['error', 'OPERATION_NOT_ALONE', 'schema/operations/Several.graphql:2:7'],
    ])
  })

  it('wants every name once', async () => {
    expect(await check({ 'a/One': 'query One { one }', 'b/One': 'query One { two }' })).toEqual([
      ['error', 'OPERATION_NAME_TAKEN', 'schema/operations/a/One.graphql:1:7'],
      ['error', 'OPERATION_NAME_TAKEN', 'schema/operations/b/One.graphql:1:7'],
    ])
  })

  it('reads names and syntax also while the subgraphs do not compose', async () => {
    await repository.subgraphs({ a: 'type Query { one: Missing }' })
    expect(await check({ One: 'query Other { one }' })).toEqual([
      ['error', 'INVALID_GRAPHQL', 'subgraphs/a.graphql:3:19'],
      ['error', 'OPERATION_MISNAMED', 'schema/operations/One.graphql:1:7'],
    ])
  })
})
