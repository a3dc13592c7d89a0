import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openDatabase, type Database } from '@portico/service-kit/database'
import { createLogger } from '@portico/service-kit/logger'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { testSubgraphConfig } from '@portico/testkit/test-subgraph'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { pruneIdempotency, writeOnce } from '@portico/service-kit/idempotency'

let database: TestDatabase
let opened: Database<PrismaClient>
let db: PrismaClient
beforeAll(async () => {
  database = await createTestDatabase('products')
  const config = testSubgraphConfig(database.url, 'unused').database
  const log = createLogger({ service: 'products', level: 'silent' })
  opened = openDatabase((options) => new PrismaClient(options), config, { service: 'products', log })
  db = opened.client
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** A write that makes a category of its result's id. */
function write(request: { key: string; input: unknown; viewerId?: string; operation?: string }, failure?: string) {
  const resultId = randomUUID()
  return writeOnce(db, { viewerId: 'viewer', operation: 'operation', resultId, ...request }, async (tx) => {
    if (failure === undefined) await tx.category.create({ data: { id: resultId, slug: resultId, name: 'Made once' } })
    return failure
  })
}

describe('writing once', () => {
  it('takes inputs for the same whatever the order of their fields, and for others when a list is in another order', async () => {
    const key = randomUUID()
    const first = await write({ key, input: { a: [1, { b: 'x', c: null }], d: 2 } })
    expect(await write({ key, input: { d: 2, a: [1, { c: null, b: 'x' }] } })).toEqual(first)
    expect(await write({ key, input: { d: 2, a: [{ c: null, b: 'x' }, 1] } })).toMatchObject({
      failure: { code: 'IDEMPOTENCY_MISMATCH' },
    })
    expect(await write({ key, input: { a: [1, { b: 'x', c: null }], d: 2 }, operation: 'other' })).toMatchObject({
      failure: { code: 'IDEMPOTENCY_MISMATCH' },
    })
  })

  it('leaves the key unused when the write fails or throws', async () => {
    const key = randomUUID()
    expect(await write({ key, input: 1 }, 'no')).toEqual({ failure: 'no' })
    const request = { viewerId: 'viewer', key, operation: 'operation', input: 2, resultId: randomUUID() }
    await expect(writeOnce(db, request, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await write({ key, input: 3 })).toHaveProperty('resultId')
  })

  it('lets a concurrent call with the same key wait, and write when the first one fails', async () => {
    const key = randomUUID()
    const failing = Promise.withResolvers<string>()
    const started = Promise.withResolvers<void>()
    const request = { viewerId: 'viewer', key, operation: 'operation', input: 1, resultId: randomUUID() }
    const first = writeOnce(db, request, async () => {
      started.resolve()
      return failing.promise
    })
    await started.promise
    const second = write({ key, input: 1 })
    failing.resolve('no')
    expect(await first).toEqual({ failure: 'no' })
    expect(await second).toHaveProperty('resultId')
  })

  it('forgets a key after seven days', async () => {
    const key = randomUUID()
    const first = await write({ key, input: 1 })
    const day = 86_400_000
    await pruneIdempotency(db, Date.now() + 6.9 * day)
    expect(await write({ key, input: 1 })).toEqual(first)
    await pruneIdempotency(db, Date.now() + 7.1 * day)
    expect(await write({ key, input: 1 })).not.toEqual(first)
  })

  it('leaves a key that another replica is forgetting to it, and does not wait for that', async () => {
    const [locked, free] = [randomUUID(), randomUUID()]
    for (const key of [locked, free]) await write({ key, input: 1 })
    const keys = async () => {
      const { rows } = await database.sql.query<{ key: string }>('SELECT key FROM idempotency_record')
      return rows.map(({ key }) => key)
    }
    await database.sql.query('BEGIN')
    await database.sql.query('SELECT FROM idempotency_record WHERE key = $1 FOR UPDATE', [locked])
    await pruneIdempotency(db, Date.now() + 8 * 86_400_000)
    const left = await keys()
    await database.sql.query('COMMIT')
    expect(left).toEqual([locked])
  })
})
