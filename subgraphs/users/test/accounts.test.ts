import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { admin, customer, support } from '@portico/testkit/viewers'
import { PASSWORD, startTestUsers, type TestUsers } from './users-subgraph.ts'

let users: TestUsers
beforeAll(async () => {
  users = await startTestUsers()
})
afterAll(() => users[Symbol.asyncDispose]())

const ADDRESS = {
  recipient: 'Ann Example',
  line1: '1 High Street',
  city: 'Berlin',
  postalCode: '10115',
  countryCode: 'DE',
}

describe('registering', () => {
  const register = (input: Record<string, string>) =>
    users.request(
      `mutation ($input: RegisterInput!) {
        register(input: $input) {
          __typename ... on UserError { code message } ... on ValidationError { issues { path message } }
        }
      }`,
      { input },
    )

  it('says everything that is wrong with the input at once', async () => {
    const { data } = await register({ email: 'no email', password: 'short', displayName: '  ' })
    expect(data).toEqual({
      register: {
        __typename: 'ValidationError',
        code: 'VALIDATION_FAILED',
        message: 'The input has mistakes.',
        issues: [
          { path: ['input', 'email'], message: 'must be an email address' },
          { path: ['input', 'password'], message: 'must be at least 10 characters' },
          { path: ['input', 'displayName'], message: 'must not be empty' },
        ],
      },
    })
  })

  it('takes no email that only looks like another, and no password that is no text', async () => {
    const { data } = await register({
      email: 'an\u200dn@example.com',
      password: 'half a \ud800 character',
      displayName: 'Ann',
    })
    expect(data).toMatchObject({
      register: {
        issues: [
          { path: ['input', 'email'], message: 'must not hold invisible characters' },
          { path: ['input', 'password'], message: 'must be well-formed text, without half characters' },
        ],
      },
    })
  })

  it('takes an email once, whatever its case', async () => {
    const input = { email: 'Zoë@Example.com', password: PASSWORD, displayName: 'Zoë' }
    const replies = await Promise.all([register(input), register({ ...input, email: 'zoë@example.COM' })])
    const names = replies
      .map(({ data }) => (data as { register: { __typename: string } }).register.__typename)
      .toSorted()
    expect(names).toEqual(['ConflictError', 'Session'])
  })
})

describe('a user', () => {
  const FIELDS = 'id displayName email role plan scopes addresses { city } createdAt version'

  it('sees everything of their own', async () => {
    const { viewer } = await users.register('own@example.com')
    const { data, errors } = await users.request(`{ me { ${FIELDS} } }`, {}, viewer)
    expect(errors).toEqual([])
    expect(data).toEqual({
      me: {
        id: viewer.id,
        displayName: 'own',
        email: 'own@example.com',
        role: 'CUSTOMER',
        plan: 'FREE',
        scopes: [],
        addresses: [],
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        version: 1,
      },
    })
  })

  it('shows others their name, and staff the rest but for the scopes', async () => {
    const { viewer: owner } = await users.register('seen@example.com')
    const { viewer: other } = await users.register('other@example.com')
    const reference = [{ __typename: 'User', id: owner.id }]
    const byOther = await users.entities(reference, `... on User { ${FIELDS} }`, other)
    expect(byOther.errors).toEqual([])
    expect(byOther.data._entities).toMatchObject([
      { displayName: 'seen', email: null, role: null, plan: null, scopes: null, addresses: null },
    ])
    const byStaff = await users.entities(reference, `... on User { ${FIELDS} }`, support())
    expect(byStaff.data._entities).toMatchObject([
      { email: 'seen@example.com', role: 'CUSTOMER', plan: 'FREE', scopes: null, addresses: [] },
    ])
  })

  it('reads the scopes of their token, whatever their role became since it was issued', async () => {
    const { viewer } = await users.register('scopes@example.com')
    const scopes = ['orders:read']
    const { data } = await users.request('{ me { role scopes } }', {}, { ...viewer, scopes })
    expect(data).toEqual({ me: { role: 'CUSTOMER', scopes } })
  })

  it('keeps what needs a sign-in from anonymous callers, with an error for each field', async () => {
    const { viewer } = await users.register('hidden@example.com')
    const reply = await users.entities([{ __typename: 'User', id: viewer.id }], '... on User { displayName email }')
    expect(reply.data._entities).toEqual([{ displayName: 'hidden', email: null }])
    expect(reply.errors).toMatchObject([
      { path: ['_entities', 0, 'email'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
  })

  it('is nobody when nobody is signed in', async () => {
    const { data } = await users.request('{ me { id } }')
    expect(data).toEqual({ me: null })
  })

  it('changes their profile unless it changed meanwhile', async () => {
    const { viewer } = await users.register('rename@example.com')
    const update = (displayName: string | null, expectedVersion: number) =>
      users.request(
        `mutation ($input: UpdateProfileInput!) {
          updateProfile(input: $input) {
            __typename
            ... on User { displayName version }
            ... on ConflictError { code currentVersion }
            ... on ValidationError { issues { path message } }
          }
        }`,
        { input: { displayName, expectedVersion } },
        viewer,
      )
    expect((await update('Renamed', 1)).data).toEqual({
      updateProfile: { __typename: 'User', displayName: 'Renamed', version: 2 },
    })
    expect((await update('Again', 1)).data).toEqual({
      updateProfile: { __typename: 'ConflictError', code: 'CONFLICT', currentVersion: 2 },
    })
    expect((await update('a'.repeat(81), 2)).data).toEqual({
      updateProfile: {
        __typename: 'ValidationError',
        issues: [{ path: ['input', 'displayName'], message: 'must be at most 80 characters' }],
      },
    })
  })
})

describe('the address book', () => {
  const RESULT = `__typename
    ... on Address { id recipient line1 line2 city region postalCode countryCode version }
    ... on UserError { code }
    ... on ConflictError { currentVersion }
    ... on ValidationError { issues { path message } }`
  type Result = { __typename: string; id: string; version: number }

  const add = (viewer: Parameters<TestUsers['request']>[2], input: Record<string, unknown> = ADDRESS) =>
    users.request<{ addAddress: Result }>(
      `mutation ($input: AddressInput!) { addAddress(input: $input) { ${RESULT} } }`,
      { input },
      viewer,
    )
  const update = (viewer: Parameters<TestUsers['request']>[2], id: string, expectedVersion: number) =>
    users.request<{ updateAddress: Result }>(
      `mutation ($id: ID!, $input: AddressInput!, $expectedVersion: Int!) {
        updateAddress(id: $id, input: $input, expectedVersion: $expectedVersion) { ${RESULT} }
      }`,
      { id, input: { ...ADDRESS, city: 'Hamburg' }, expectedVersion },
      viewer,
    )
  const remove = (viewer: Parameters<TestUsers['request']>[2], id: string) =>
    users.request<{ removeAddress: Result }>(
      `mutation ($id: ID!) { removeAddress(id: $id) { ${RESULT} } }`,
      { id },
      viewer,
    )

  it('is written and read by its owner', async () => {
    const { viewer } = await users.register('addresses@example.com')
    const { data } = await add(viewer)
    expect(data.addAddress).toMatchObject({ __typename: 'Address', ...ADDRESS, line2: null, region: null, version: 1 })
    const updated = await update(viewer, data.addAddress.id, 1)
    expect(updated.data.updateAddress).toMatchObject({ __typename: 'Address', city: 'Hamburg', version: 2 })
    const stale = await update(viewer, data.addAddress.id, 1)
    expect(stale.data.updateAddress).toEqual({ __typename: 'ConflictError', code: 'CONFLICT', currentVersion: 2 })
    const removed = await remove(viewer, data.addAddress.id)
    expect(removed.data.removeAddress).toMatchObject({ __typename: 'Address', city: 'Hamburg' })
    const again = await remove(viewer, data.addAddress.id)
    expect(again.data.removeAddress).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
  })

  it('takes blank optional fields, as forms send them, for none', async () => {
    const { viewer } = await users.register('form@example.com')
    const blank = await add(viewer, { ...ADDRESS, line2: '', region: '  ' })
    expect(blank.data.addAddress).toMatchObject({ __typename: 'Address', line2: null, region: null })
    const filled = await add(viewer, { ...ADDRESS, line2: ' 2nd floor ', region: 'x'.repeat(101) })
    expect(filled.data.addAddress).toMatchObject({
      issues: [{ path: ['input', 'region'], message: 'must be at most 100 characters' }],
    })
    const trimmed = await add(viewer, { ...ADDRESS, line2: ' 2nd floor ' })
    expect(trimmed.data.addAddress).toMatchObject({ line2: '2nd floor' })
  })

  it('is read anew after each change of one request', async () => {
    const { viewer } = await users.register('fresh@example.com')
    const { data, errors } = await users.request(
      `mutation ($first: AddressInput!, $second: AddressInput!, $profile: UpdateProfileInput!, $again: UpdateProfileInput!) {
        addAddress(input: $first) { __typename }
        before: updateProfile(input: $profile) { ... on User { addresses { city } } }
        more: addAddress(input: $second) { __typename }
        after: updateProfile(input: $again) { ... on User { addresses { city } } }
      }`,
      {
        first: ADDRESS,
        second: { ...ADDRESS, city: 'Hamburg' },
        profile: { expectedVersion: 1 },
        again: { expectedVersion: 2 },
      },
      viewer,
    )
    expect(errors).toEqual([])
    expect(data).toMatchObject({
      before: { addresses: [{ city: 'Berlin' }] },
      after: { addresses: [{ city: 'Berlin' }, { city: 'Hamburg' }] },
    })
  })

  it('does not exist for anyone else, nor for staff', async () => {
    const { viewer: owner } = await users.register('mine@example.com')
    const { viewer: other } = await users.register('theirs@example.com')
    const { data } = await add(owner)
    for (const viewer of [other, admin()]) {
      expect((await update(viewer, data.addAddress.id, 1)).data.updateAddress.__typename).toBe('NotFoundError')
      expect((await remove(viewer, data.addAddress.id)).data.removeAddress.__typename).toBe('NotFoundError')
    }
  })

  it('names every mistake and holds at most 20 addresses, also when they are added at once', async () => {
    const { viewer } = await users.register('many@example.com')
    const bad = await add(viewer, { ...ADDRESS, recipient: '', countryCode: 'Germany' })
    expect(bad.data.addAddress).toMatchObject({
      issues: [
        { path: ['input', 'recipient'], message: 'must not be empty' },
        { path: ['input', 'countryCode'], message: 'must be an ISO 3166 country code such as DE' },
      ],
    })
    const replies = await Promise.all(Array.from({ length: 25 }, () => add(viewer)))
    const names = replies.map(({ data }) => data.addAddress.__typename)
    expect(names.filter((name) => name === 'Address')).toHaveLength(20)
    expect(names.filter((name) => name === 'ValidationError')).toHaveLength(5)
  })
})

describe('a viewer who has no account here', () => {
  const NOT_FOUND = { __typename: 'NotFoundError', code: 'NOT_FOUND' }

  it.each([
    ['since another issuer calls people otherwise', 'auth0|someone'],
    ['since it is gone', '00000000-0000-4000-8000-000000000000'],
  ])('%s, is told so by everything that needs one', async (_, id) => {
    const { data, errors } = await users.request(
      `mutation ($profile: UpdateProfileInput!, $address: AddressInput!, $id: ID!) {
        updateProfile(input: $profile) { ...result }
        changePassword(currentPassword: "${PASSWORD}", newPassword: "another ${PASSWORD}") { ...result }
        addAddress(input: $address) { ...result }
        updateAddress(id: $id, input: $address, expectedVersion: 1) { ...result }
        removeAddress(id: $id) { ...result }
      }
      fragment result on UserError { __typename code }`,
      {
        profile: { displayName: 'Ann', expectedVersion: 1 },
        address: ADDRESS,
        id: '00000000-0000-4000-8000-000000000001',
      },
      customer(id),
    )
    expect(errors).toEqual([])
    expect(data).toEqual({
      updateProfile: NOT_FOUND,
      changePassword: { __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS' },
      addAddress: NOT_FOUND,
      updateAddress: NOT_FOUND,
      removeAddress: NOT_FOUND,
    })
    expect((await users.request('{ me { id } }', {}, customer(id))).data).toEqual({ me: null })
  })
})

describe('administration', () => {
  const RESULT =
    '__typename ... on User { role plan version } ... on UserError { code } ... on ConflictError { currentVersion }'
  const setRole = (userId: string, expectedVersion: number, viewer = admin()) =>
    users.request<{ setUserRole: unknown }>(
      `mutation ($userId: ID!, $expectedVersion: Int!) {
        setUserRole(userId: $userId, role: SUPPORT, expectedVersion: $expectedVersion) { ${RESULT} }
      }`,
      { userId, expectedVersion },
      viewer,
    )

  it('changes roles and plans, and ends the sessions that carry the old ones', async () => {
    const { session, viewer } = await users.register('promoted@example.com')
    expect((await setRole(viewer.id, 1)).data.setUserRole).toEqual({
      __typename: 'User',
      role: 'SUPPORT',
      plan: 'FREE',
      version: 2,
    })
    const refreshed = await users.request<{ refreshSession: { __typename: string } }>(
      'mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }',
      { token: session.refreshToken },
    )
    expect(refreshed.data.refreshSession.__typename).toBe('InvalidCredentialsError')

    const plan = await users.request(
      `mutation ($userId: ID!) { setUserPlan(userId: $userId, plan: PRO, expectedVersion: 2) { ${RESULT} } }`,
      { userId: viewer.id },
      admin(),
    )
    expect(plan.data).toEqual({ setUserPlan: { __typename: 'User', role: 'SUPPORT', plan: 'PRO', version: 3 } })
  })

  it('tells a stale version from an unknown user', async () => {
    const { viewer } = await users.register('stale@example.com')
    expect((await setRole(viewer.id, 7)).data.setUserRole).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      currentVersion: 1,
    })
    for (const id of ['00000000-0000-4000-8000-000000000000', 'no id at all']) {
      expect((await setRole(id, 1)).data.setUserRole).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
    }
  })

  it('is for administrators', async () => {
    const { viewer } = await users.register('unprivileged@example.com')
    for (const caller of [viewer, support()]) {
      const reply = await setRole(viewer.id, 1, caller)
      expect(reply.data).toEqual({ setUserRole: null })
      expect(reply.errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
    }
  })
})
