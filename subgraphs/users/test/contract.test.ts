import { customer, support } from '@portico/testkit/viewers'
import { describeSubgraphContract } from '@portico/testkit/subgraph-contract'
import { startTestUsers } from './users-subgraph.ts'

describeSubgraphContract('users', {
  async start() {
    const users = await startTestUsers()
    for (const name of ['first', 'second', 'third']) await users.register(`${name}@example.com`)
    return users
  },

  async entity({ database }) {
    const { rows } = await database.sql.query<{ id: string }>('SELECT id FROM "user" LIMIT 1')
    return {
      existing: { __typename: 'User', id: rows[0]?.id },
      missing: { __typename: 'User', id: '00000000-0000-4000-8000-000000000000' },
      selection: '... on User { displayName }',
    }
  },

  async owned({ database }) {
    const { rows } = await database.sql.query<{ id: string }>('SELECT id FROM "user" LIMIT 1')
    const id = rows[0]?.id ?? ''
    return {
      representation: { __typename: 'User', id },
      selection: '... on User { email }',
      owner: customer(id),
      stranger: customer(),
      staff: support(),
    }
  },

  connection: { field: 'users', viewer: support() },
})
