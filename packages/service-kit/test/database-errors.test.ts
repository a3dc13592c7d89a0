import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { classifyDatabaseError, isUniqueViolation } from '@portico/service-kit/database-errors'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { failureOf } from './database-failure.ts'
import { connectUsers, newUser } from './users-client.ts'

let database: TestDatabase
let db: ReturnType<typeof connectUsers>
beforeAll(async () => {
  database = await createTestDatabase('users')
  db = connectUsers(database.url)
  await database.sql.query(`
    ALTER TABLE "user" ADD CONSTRAINT user_name_check CHECK (display_name <> '');
    CREATE TABLE chain (
      id int PRIMARY KEY,
      next int CONSTRAINT chain_next_fkey REFERENCES chain (id) DEFERRABLE INITIALLY DEFERRED
    )`)
})
afterAll(async () => {
  await db.$disconnect()
  await database[Symbol.asyncDispose]()
})

describe('a constraint', () => {
  it('that is unique is named, for Prisma as for a query of our own', async () => {
    const { emailKey } = await db.user.create({ data: newUser() })
    const created = db.user.create({ data: newUser(emailKey) })
    const inserted = db.$executeRaw`
      INSERT INTO "user" (email, email_key, display_name, password_hash) VALUES ('', ${emailKey}, 'Ben', '')`
    for (const error of await Promise.allSettled([created, inserted])) {
      const reason: unknown = error.status === 'rejected' ? error.reason : undefined
      expect(classifyDatabaseError(reason)).toEqual({
        kind: 'constraint',
        rule: 'unique',
        target: 'user_email_key_key',
      })
      expect([isUniqueViolation(reason, 'email_key'), isUniqueViolation(reason, 'sku')]).toEqual([true, false])
    }
  })

  it('on a foreign key is told from one that is unique', async () => {
    const failure = { kind: 'constraint', rule: 'foreign-key', target: 'session_family_user_id_fkey' }
    expect(await failureOf(db.sessionFamily.create({ data: { userId: randomUUID() } }))).toEqual(failure)
    expect(await failureOf(db.$executeRaw`INSERT INTO session_family (user_id) VALUES (gen_random_uuid())`)).toEqual(
      failure,
    )
  })

  it('that checks a value, or wants one, is told too', async () => {
    const user = await db.user.create({ data: newUser() })
    expect(await failureOf(db.user.create({ data: { ...newUser(), displayName: '' } }))).toMatchObject({
      rule: 'check',
    })
    expect(await failureOf(db.$executeRaw`UPDATE "user" SET display_name = ''`)).toMatchObject({ rule: 'check' })
    const nulled = db.$executeRaw`UPDATE "user" SET display_name = NULL WHERE id = ${user.id}::uuid`
    expect(await failureOf(nulled)).toMatchObject({ kind: 'constraint', rule: 'not-null' })
  })

  it('that is looked at only at COMMIT fails the transaction there', async () => {
    const failure = { kind: 'constraint', rule: 'foreign-key', target: 'chain_next_fkey' }
    expect(await failureOf(db.$transaction((tx) => tx.$executeRaw`INSERT INTO chain VALUES (1, 99)`))).toEqual(failure)
    expect(await failureOf(db.$executeRaw`INSERT INTO chain VALUES (1, 99)`)).toEqual(failure)
    expect(await db.$queryRaw`SELECT * FROM chain`).toEqual([])
  })
})

describe('a row that has to be there', () => {
  it('is missing, to change as to read', async () => {
    const where = { id: randomUUID() }
    expect(await failureOf(db.user.update({ where, data: newUser() }))).toEqual({ kind: 'missing' })
    expect(await failureOf(db.user.findUniqueOrThrow({ where }))).toEqual({ kind: 'missing' })
  })
})

describe('waiting too long', () => {
  const TIMEOUT = { kind: 'timeout' }

  it('for a statement ends it', async () => {
    await using hasty = connectUsers(database.url, { statementTimeoutMs: 50 })
    expect(await failureOf(hasty.$queryRaw`SELECT pg_sleep(10)::text`)).toEqual(TIMEOUT)
  })

  it('for a lock ends it', async () => {
    await using hasty = connectUsers(database.url, { lockTimeoutMs: 50 })
    await database.sql.query('BEGIN; LOCK TABLE "user"')
    expect(await failureOf(hasty.user.count())).toEqual(TIMEOUT)
    expect(await failureOf(hasty.$queryRaw`SELECT count(*) FROM "user"`)).toEqual(TIMEOUT)
    await database.sql.query('ROLLBACK')
  })

  it('for a connection of a pool that is used up ends it', async () => {
    await using small = connectUsers(database.url, { poolMax: 1, connectWithinMs: 700 })
    const holding = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const holder = small.$transaction(async (tx) => {
      await tx.user.count()
      holding.resolve()
      await held.promise
    })
    await holding.promise
    const waiting = [
      small.user.count(),
      small.$queryRaw`SELECT 1`,
      small.$transaction((tx) => tx.user.count()),
      small.$transaction((tx) => tx.user.count(), { maxWait: 50 }),
    ]
    expect(await Promise.all(waiting.map(failureOf))).toEqual([TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT])
    held.resolve()
    await holder
    expect(await failureOf(small.user.count())).toBe('nothing')
  })

  it('in a transaction ends it, at its next statement or at COMMIT', async () => {
    const expire = (then: (tx: Pick<typeof db, 'user'>) => Promise<unknown>) =>
      db.$transaction(
        async (tx) => {
          await tx.user.count()
          await sleep(100)
          await then(tx)
        },
        { timeout: 50 },
      )
    expect(await failureOf(expire((tx) => tx.user.count()))).toEqual(TIMEOUT)
    expect(await failureOf(expire(async () => undefined))).toEqual(TIMEOUT)
  })
})

describe('a database that is not available', () => {
  const UNAVAILABLE = { kind: 'unavailable' }

  it('is one whose server is not there, answers nothing, or does not let us in', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const silentPort = typeof address === 'object' ? String(address?.port) : ''
    const ways: [string, (url: URL) => unknown][] = [
      ['no server', (url) => (url.port = '1')],
      ['no server at a name with several addresses', (url) => Object.assign(url, { hostname: 'localhost', port: '1' })],
      ['no such host', (url) => (url.hostname = 'nowhere.invalid')],
      ['silence', (url) => (url.port = silentPort)],
      ['no such database', (url) => (url.pathname = '/nowhere')],
      ['wrong password', (url) => (url.password = 'wrong')],
      ['no such role', (url) => (url.username = 'nobody')],
      ['the database of another subgraph', (url) => (url.pathname = '/orders')],
    ]
    const failures = await Promise.all(
      ways.map(async ([way, change]) => {
        const url = new URL(database.url)
        change(url)
        await using lost = connectUsers(url.href, { connectWithinMs: 300 })
        const raw = await failureOf(lost.$queryRaw`SELECT 1`)
        const inTransaction = await failureOf(lost.$transaction((tx) => tx.user.count()))
        return [way, await failureOf(lost.user.count()), raw, inTransaction]
      }),
    )
    expect(failures).toEqual(ways.map(([way]) => [way, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]))
    silent.close()
  })

  it('is one that ends the connection under a query, and is back for the next', async () => {
    await using other = connectUsers(database.url)
    const sleeping = async () => {
      const { rows } = await database.sql.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
      return rows.length > 0
    }
    const failure = failureOf(other.$queryRaw`SELECT pg_sleep(10)::text`)
    while (!(await sleeping())) await sleep(5)
    await database.breakConnections()
    expect(await failure).toEqual(UNAVAILABLE)
    expect(await failureOf(other.user.count())).toBe('nothing')
  })

  it('is one that ends the connection between the statements of a transaction, or before COMMIT', async () => {
    await using other = connectUsers(database.url)
    const broken = (then: (tx: Pick<typeof db, 'user'>) => Promise<unknown>) =>
      other.$transaction(async (tx) => {
        await tx.user.count()
        await database.breakConnections()
        await then(tx)
      })
    expect(await failureOf(broken((tx) => tx.user.count()))).toEqual(UNAVAILABLE)
    expect(await failureOf(broken(async () => undefined))).toEqual(UNAVAILABLE)
  })

  it('is one to which connections are reset, under a raw query too', async () => {
    const sockets: Socket[] = []
    const server = new URL(database.url)
    const proxy = createServer((inner) => {
      const outer = connect(Number(server.port), server.hostname)
      inner.on('error', () => outer.destroy()).pipe(outer)
      outer.on('error', () => inner.destroy()).pipe(inner)
      inner.on('close', () => outer.destroy())
      sockets.push(inner)
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const url = new URL(server)
    url.port = String((proxy.address() as AddressInfo).port)
    await using other = connectUsers(url.href)
    const untilAsleep = async (count: number) => {
      const asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
      while ((await database.sql.query(asleep)).rows.length !== count) await sleep(5)
    }
    const cutShort = async (run: () => Promise<unknown>) => {
      const failure = failureOf(run())
      await untilAsleep(1)
      for (const socket of sockets.splice(0)) socket.resetAndDestroy()
      // The server notices only at the end of the sleep that nobody listens.
      await database.sql.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
      await untilAsleep(0)
      return failure
    }
    expect(await cutShort(async () => other.$executeRaw`SELECT pg_sleep(10)`)).toEqual(UNAVAILABLE)
    const inTransaction = () => other.$transaction(async (tx) => tx.$executeRaw`SELECT pg_sleep(10)`)
    expect(await cutShort(inTransaction)).toEqual(UNAVAILABLE)
    proxy.close()
  })
})

describe('what is not a failure of the database', () => {
  it('is left for what it is: mistakes in our queries, and everything else', async () => {
    expect(await failureOf(db.$queryRaw`SELEKT 1`)).toBeUndefined()
    for (const thrown of [new TypeError('x is not a function'), new Error('P2002'), 'P2002', null, undefined, 42]) {
      expect(classifyDatabaseError(thrown)).toBeUndefined()
    }
    const circular = new Error('circular')
    circular.cause = circular
    expect(classifyDatabaseError(circular)).toBeUndefined()
  })
})

describe('a network', () => {
  it.each(['EAI_AGAIN', 'EHOSTUNREACH', 'ENOTFOUND'])('that says %s has no database', (code) => {
    expect(classifyDatabaseError(Object.assign(new Error(code), { code }))).toEqual({ kind: 'unavailable' })
  })

  it('on which none of several addresses answers has none either', async () => {
    const socket = connect({ host: 'localhost', port: 1, autoSelectFamily: true })
    const [error] = (await once(socket, 'error')) as [Error]
    const several = new AggregateError([error], '')
    expect(classifyDatabaseError(several)).toEqual({ kind: 'unavailable' })
  })

  it('that leads to a standby, which only reads, has none that is of use', async () => {
    const failure = db.$transaction(async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ ONLY`
      await tx.$executeRaw`DELETE FROM "user"`
    })
    expect(await failureOf(failure)).toEqual({ kind: 'unavailable' })
  })
})

describe('a value', () => {
  it('that the database can not hold is told from an outage', async () => {
    for (const error of [
      db.$executeRaw`SELECT ${'a\u0000b'}::text`,
      db.$queryRaw`SELECT ${'"\\u0000"'}::jsonb`,
      db.$queryRaw`SELECT 'x'::uuid`,
      db.$queryRaw`SELECT 1 / 0`,
    ])
      expect(await failureOf(error)).toEqual({ kind: 'data' })
  })
})
