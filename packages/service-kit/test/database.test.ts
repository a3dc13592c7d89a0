import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createTestDatabase, type TestDatabase } from '@portico/testkit/test-database'
import { eventually } from '@portico/testkit/eventually'
import { failureOf } from './database-failure.ts'
import { createMemoryLog } from './memory-log.ts'
import { connectUsers } from './users-client.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase('users')
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe('a connection of a subgraph', () => {
  it('has a name, limits and settings of its own', async () => {
    const settings = { work_mem: '8MB', search_path: 'public' }
    await using db = connectUsers(database.url, { statementTimeoutMs: 3000, lockTimeoutMs: 1500 }, { settings })
    const rows = await db.$queryRaw<{ name: string; setting: string }[]>`
      SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name IN
        ('application_name', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'work_mem', 'search_path')`
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      application_name: 'portico-users',
      statement_timeout: '3s',
      lock_timeout: '1500ms',
      idle_in_transaction_session_timeout: '6s',
      work_mem: '8MB',
      search_path: 'public',
    })
  })

  it('that breaks while it is idle is logged, and the next query has another', async () => {
    const { log, lines } = createMemoryLog()
    await using db = connectUsers(database.url, {}, { log })
    await db.user.count()
    await database.breakConnections()
    await eventually(() => lines.length > 0)
    expect(lines[0]).toMatchObject({ level: 'warn', msg: 'database connection lost' })
    expect(await db.user.count()).toBe(0)
  })

  it('that breaks in the moment in which it is given out does not end the process', async () => {
    const message = (type: string, body: string) => {
      const header = Buffer.alloc(5)
      header.write(type)
      header.writeInt32BE(body.length + 4, 1)
      return header.toString('latin1') + body
    }
    const welcome = message('R', '\0\0\0\0') + message('Z', 'I')
    const farewell = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
    const server = createServer((socket) => socket.once('data', () => socket.end(welcome + farewell, 'latin1')))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = new URL(database.url)
    url.port = String((server.address() as AddressInfo).port)
    await using db = connectUsers(url.href)
    // Jest fails a test in which an error is caught by nobody.
    expect(await failureOf(db.$transaction((tx) => tx.user.count()))).toEqual({ kind: 'unavailable' })
    server.close()
  })
})
