import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { customer } from '@portico/testkit/viewers'
import { startTestUsers, type TestUsers } from './users-subgraph.ts'

let users: TestUsers
beforeAll(async () => {
  users = await startTestUsers()
})
afterAll(() => users[Symbol.asyncDispose]())

/** How many connections the database takes, beside those that it has; -1 for any number. */
async function limitConnections(limit: number) {
  const { rows } = await users.database.sql.query<{ name: string }>('SELECT current_database() AS name')
  await users.database.sql.query(`ALTER DATABASE ${rows[0]?.name} CONNECTION LIMIT ${limit}`)
}

describe('while the database is out of reach', () => {
  it('requests are told to try again, and each costs one line of log without a stack', async () => {
    const viewer = customer()
    await limitConnections(0)
    await users.database.breakConnections()
    const reply = await users.request('query Mine { me { id } }', {}, viewer)
    expect(reply.errors).toMatchObject([{ path: ['me'], extensions: { code: 'SERVICE_UNAVAILABLE' } }])
    const failures = users.logged().filter(({ msg }) => msg === 'resolver failed')
    expect(failures).toMatchObject([
      {
        level: 'warn',
        failure: 'unavailable',
        reason: expect.stringContaining('too many connections'),
        path: ['me'],
        operationName: 'Mine',
      },
    ])
    expect(failures[0]).not.toHaveProperty('err')

    await limitConnections(-1)
    expect((await users.request('{ me { id } }', {}, viewer)).errors).toEqual([])
  })
})
