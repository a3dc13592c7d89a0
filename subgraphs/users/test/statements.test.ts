import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { support, type customer } from '@portico/testkit/viewers'
import { startTestUsers, type TestUsers } from './users-subgraph.ts'

let users: TestUsers
let viewer: ReturnType<typeof customer>
beforeAll(async () => {
  users = await startTestUsers()
  viewer = (await users.register('counted@example.com')).viewer
  await addAddress()
})
afterAll(() => users[Symbol.asyncDispose]())

async function statementsOf(query: string, variables: Record<string, unknown> = {}, as = viewer) {
  return users.statementsDuring(async () => {
    const { errors } = await users.request(query, variables, as)
    expect(errors).toEqual([])
  })
}

const addAddress = () =>
  statementsOf('mutation ($input: AddressInput!) { addAddress(input: $input) { ... on Address { id } } }', {
    input: { recipient: 'Ann', line1: '1 High Street', city: 'Berlin', postalCode: '10115', countryCode: 'DE' },
  })

describe('the SQL statements of an operation', () => {
  it('are one for the viewer, and one more for their addresses, however many', async () => {
    const ME = '{ me { id email role plan scopes addresses { city } } }'
    expect(await statementsOf('{ me { id email role plan scopes } }')).toHaveLength(1)
    expect(await statementsOf(ME)).toHaveLength(2)
    for (let more = 0; more < 10; more += 1) await addAddress()
    expect(await statementsOf(ME)).toHaveLength(2)
  })

  it('are one for a user, asked for however often', async () => {
    const query = 'query ($id: ID!) { user(id: $id) { id email } again: user(id: $id) { displayName } }'
    expect(await statementsOf(query, { id: viewer.id }, support())).toHaveLength(1)
  })

  it('are four for an address that is added: the lock on its owner, the count, the address and the commit', async () => {
    expect(await addAddress()).toHaveLength(4)
  })

  it('are one for a change of profile, and one more to see a conflict', async () => {
    const update = (expectedVersion: number) =>
      statementsOf(
        'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { ... on User { id displayName } } }',
        { input: { displayName: 'Ann', expectedVersion } },
      )
    expect(await update(1)).toHaveLength(1)
    expect(await update(1)).toHaveLength(2)
  })
})
