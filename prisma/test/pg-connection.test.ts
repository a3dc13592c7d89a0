import { describe, expect, it } from '@jest/globals'
import { createTestDatabase } from '@portico/testkit/test-database'
import { connectPg } from '../src/pg-connection.ts'

describe('a connection that the server ends', () => {
  it('while nothing is asked of it fails the next statement, and not the process', async () => {
    await using database = await createTestDatabase('users')
    await using connection = await connectPg(database.url, { name: 'portico test' })
    const ended = new Promise((done) => connection.client.once('end', done))

    await database.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'portico test' AND datname = current_database()`,
    )
    await ended

    await expect(connection.client.query('SELECT 1')).rejects.toThrow('not queryable')
  })
})
