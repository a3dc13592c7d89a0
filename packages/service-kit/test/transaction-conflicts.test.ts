import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { classifyDatabaseError, retryConflicts } from '@portico/service-kit/database-errors'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { failureOf } from './database-failure.ts'
import { connectUsers, newUser } from './users-client.ts'

let database: TestDatabase
let db: ReturnType<typeof connectUsers>
beforeAll(async () => {
  database = await createTestDatabase('users')
  db = connectUsers(database.url)
})
afterAll(async () => {
  await db.$disconnect()
  await database[Symbol.asyncDispose]()
})

describe('transactions that are in each other’s way', () => {
  it('are a conflict when they can not be put in an order: in a statement, of Prisma or our own, as at COMMIT', async () => {
    const { id } = await db.user.create({ data: newUser() })
    const elsewhere = () => database.sql.query('UPDATE "user" SET version = version + 1 WHERE id = $1', [id])
    const byPrisma = db.$transaction(
      async (tx) => {
        await tx.user.count()
        await elsewhere()
        await tx.user.update({ where: { id }, data: { version: 1 } })
      },
      { isolationLevel: 'RepeatableRead' },
    )
    expect(await failureOf(byPrisma)).toEqual({ kind: 'conflict' })
    const byUs = db.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT count(*) FROM "user"`
        await elsewhere()
        await tx.$executeRaw`UPDATE "user" SET version = 1 WHERE id = ${id}::uuid`
      },
      { isolationLevel: 'RepeatableRead' },
    )
    expect(await failureOf(byUs)).toEqual({ kind: 'conflict' })
    const atCommit = db.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT sum(version) FROM "user"`
        await database.sql.query('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(version) FROM "user"')
        await elsewhere()
        await tx.user.create({ data: newUser() })
        await database.sql.query('COMMIT')
      },
      { isolationLevel: 'Serializable' },
    )
    expect(await failureOf(atCommit)).toEqual({ kind: 'conflict' })
  })

  /** Changes two users in the given order, and waits in between until the other one has done as much. */
  function createCrossing() {
    const halfway = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const attempts = [0, 0]
    return {
      attempts,
      cross: (side: 0 | 1, ids: readonly [string, string]) =>
        db.$transaction(async (tx) => {
          attempts[side] = (attempts[side] ?? 0) + 1
          const increment = (id: string) => tx.user.update({ where: { id }, data: { version: { increment: 1 } } })
          await increment(ids[side])
          halfway[side].resolve()
          await halfway[1 - side]?.promise
          await increment(ids[1 - side] ?? '')
        }),
    }
  }

  it('are a conflict when they lock each other out, and both succeed when they are tried again', async () => {
    const [ann, ben] = await Promise.all([db.user.create({ data: newUser() }), db.user.create({ data: newUser() })])
    const ids = [ann.id, ben.id] as const
    const { cross, attempts } = createCrossing()
    const failures: unknown[] = []
    const tried = (side: 0 | 1) =>
      retryConflicts(() =>
        cross(side, ids).catch((error: unknown) => {
          failures.push(classifyDatabaseError(error))
          throw error
        }),
      )
    await Promise.all([tried(0), tried(1)])
    expect(failures).toEqual([{ kind: 'conflict' }])
    expect(attempts.toSorted((one, other) => one - other)).toEqual([1, 2])
    const versions = await db.user.findMany({ where: { id: { in: [...ids] } }, select: { version: true } })
    expect(versions).toEqual([{ version: 3 }, { version: 3 }])
  })

  it('are tried again four times in all, and only for a conflict', async () => {
    const attempt = async (error: Error) => {
      let attempts = 0
      const transaction = async () => {
        attempts += 1
        throw error
      }
      await expect(retryConflicts(transaction)).rejects.toBe(error)
      return attempts
    }
    expect(await attempt(Object.assign(new Error('write conflict'), { code: 'P2034' }))).toBe(4)
    expect(await attempt(Object.assign(new Error('taken'), { code: 'P2002' }))).toBe(1)
    expect(await attempt(new TypeError('our own mistake'))).toBe(1)
  })
})
