import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRepository, LINK, type Repository } from './repository.ts'

const FILE = 'schema/supergraph.graphql'

jest.setTimeout(60_000)

let repository: Repository
beforeEach(async () => {
  repository = await createRepository()
  await repository.subgraphs({ a: 'type Query { one: Int }', b: 'type T { id: ID }' })
})
afterEach(() => repository[Symbol.asyncDispose]())

const read = () => readFile(join(repository.root, FILE), 'utf8')

describe('the committed supergraph', () => {
  it('is the same whatever the order of the subgraphs and of what is in them', async () => {
    await repository.compose()
    const composed = await read()
    const list = JSON.parse(await readFile(join(repository.root, 'schema/subgraphs.json'), 'utf8')) as object[]
    await repository.write({ 'schema/subgraphs.json': JSON.stringify(list.toReversed()) })
    await repository.compose()
    expect(await read()).toBe(composed)
    expect(await repository.check()).toEqual([])
  })

  it('has to be there', async () => {
    const [found, ...others] = await repository.check()
    expect(found).toMatchObject({ severity: 'error', code: 'SUPERGRAPH_MISSING', at: [FILE] })
    expect(found?.message).toContain('npm run schema:compose')
    expect(others).toEqual([])
  })

  it('has to be what the subgraphs compose to, or the first line that is not is shown', async () => {
    await repository.compose()
    const before = await read()
    await repository.subgraphs({ a: 'type Query { one: Int two: Int }' })
    const [found] = await repository.check()
    await repository.compose()
    const line = (await read()).split('\n').findIndex((text, index) => text !== before.split('\n')[index]) + 1
    expect(found).toMatchObject({ severity: 'error', code: 'SUPERGRAPH_STALE', at: [`${FILE}:${line}:1`] })
    expect(found?.message).toContain('npm run schema:compose')
    expect(await repository.check()).toEqual([])
  })

  it('may have the line ends of Windows', async () => {
    await repository.compose()
    await repository.write({ [FILE]: (await read()).replaceAll('\n', '\r\n') })
    expect(await repository.check()).toEqual([])
  })

  it('stays as it is when the subgraphs do not compose', async () => {
    await repository.compose()
    const before = await read()
    await repository.subgraphs({ a: `${LINK}type Query { one: Missing }` })
    await expect(repository.compose()).rejects.toThrow('Unknown type Missing')
    expect(await read()).toBe(before)
  })
})
