import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PASSWORD, SESSION, startTestUsers, type Session, type TestUsers } from './users-subgraph.ts'

let users: TestUsers
beforeAll(async () => {
  users = await startTestUsers()
})
afterAll(() => users[Symbol.asyncDispose]())

type SignInResult = { __typename: string; code?: string } & Partial<Session>

const signIn = (email: string, password = PASSWORD) =>
  users.request<{ signIn: SignInResult }>(
    `mutation ($email: String!, $password: String!) {
      signIn(email: $email, password: $password) { __typename ${SESSION} ... on InvalidCredentialsError { code } }
    }`,
    { email, password },
  )

const refresh = async (refreshToken: string) => {
  const reply = await users.request<{ refreshSession: SignInResult }>(
    `mutation ($refreshToken: String!) {
      refreshSession(refreshToken: $refreshToken) { __typename ${SESSION} ... on InvalidCredentialsError { code } }
    }`,
    { refreshToken },
  )
  return reply.data.refreshSession
}

describe('signing in', () => {
  it('opens a session of 15 minutes that can be refreshed for 30 days', async () => {
    await users.register('ann@example.com')
    const { data } = await signIn('ANN@example.com')
    expect(data.signIn.__typename).toBe('Session')
    expect(Date.parse(data.signIn.accessTokenExpiresAt ?? '') - users.clock.now).toBeGreaterThan(898_000)
    expect(Date.parse(data.signIn.refreshTokenExpiresAt ?? '') - users.clock.now).toBe(2_592_000_000)
  })

  it('answers a wrong password and an unknown email alike', async () => {
    await users.register('bob@example.com')
    const wrong = await signIn('bob@example.com', 'not the password')
    const unknown = await signIn('nobody@example.com', 'not the password')
    expect(wrong.data).toEqual({ signIn: { __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS' } })
    expect(unknown.data).toEqual(wrong.data)
    expect((await signIn('no\0body@example.com')).data).toEqual(wrong.data)
  })

  it('takes a password however its letters are composed, and one with half a character for wrong', async () => {
    const composed = '\u00e9t\u00e9 \u00e0 la mer'
    await users.register('zoe@example.com', composed)
    expect((await signIn('zoe@example.com', composed.normalize('NFD'))).data.signIn.__typename).toBe('Session')

    // What replaces half a character when text is encoded as UTF-8.
    await users.register('rune@example.com', 'replaced \ufffd letter')
    const half = await signIn('rune@example.com', 'replaced \ud800 letter')
    expect(half.data.signIn.__typename).toBe('InvalidCredentialsError')
    expect((await signIn('rune@example.com', 'replaced \ufffd letter')).data.signIn.__typename).toBe('Session')
  })

  it('makes guesses at one account wait longer and longer, also for an email that nobody has', async () => {
    for (const email of ['carol@example.com', 'ghost@example.com']) {
      if (email.startsWith('carol')) await users.register(email)
      for (let failure = 0; failure < 5; failure += 1) await signIn(email, 'wrong wrong wrong')
      const blocked = await signIn(email)
      expect(blocked.errors).toMatchObject([
        { path: ['signIn'], extensions: { code: 'RATE_LIMITED', retryAfterMs: 1000 } },
      ])

      users.clock.now += 1001
      await signIn(email, 'wrong wrong wrong')
      const longer = await signIn(email)
      expect(longer.errors).toMatchObject([{ extensions: { retryAfterMs: 2000 } }])
      users.clock.now += 2001
    }
    const { data } = await signIn('carol@example.com')
    expect(data.signIn.__typename).toBe('Session')
  })

  it('counts guesses that arrive together one by one', async () => {
    await users.register('dave@example.com')
    const replies = await Promise.all(Array.from({ length: 20 }, () => signIn('dave@example.com', 'wrong wrong wrong')))
    const checked = replies.filter(({ errors }) => errors.length === 0)
    expect(checked).toHaveLength(5)
    const refused = replies.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code']))
    expect(refused).toEqual(Array.from({ length: 15 }, () => 'RATE_LIMITED'))
  })

  it('opens a session for each of many right passwords that arrive together', async () => {
    await users.register('peggy@example.com')
    const replies = await Promise.all(Array.from({ length: 20 }, () => signIn('peggy@example.com')))
    expect(replies.flatMap(({ errors }) => errors)).toEqual([])
    expect(new Set(replies.map(({ data }) => data.signIn.refreshToken)).size).toBe(20)
  })
})

describe('refreshing', () => {
  it('exchanges a token for the next one of its family', async () => {
    const { session } = await users.register('erin@example.com')
    const next = await refresh(session.refreshToken)
    expect(next.__typename).toBe('Session')
    expect(next.refreshToken).not.toBe(session.refreshToken)
    const third = await refresh(next.refreshToken ?? '')
    expect(third.__typename).toBe('Session')
  })

  it('gives a repeat within ten seconds the same successor, since the answer may have got lost', async () => {
    const { session } = await users.register('frank@example.com')
    const [first, second] = await Promise.all([refresh(session.refreshToken), refresh(session.refreshToken)])
    expect(first.refreshToken).toBe(second.refreshToken)
    users.clock.now += 9000
    const third = await refresh(session.refreshToken)
    expect(third.refreshToken).toBe(first.refreshToken)
  })

  it('ends the family when a token is used again later', async () => {
    const { session } = await users.register('grace@example.com')
    const next = await refresh(session.refreshToken)
    users.clock.now += 10_001
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError')
    expect((await refresh(next.refreshToken ?? '')).__typename).toBe('InvalidCredentialsError')
  })

  it('ends the family when a token is used again though its successor has arrived, however soon', async () => {
    const { session } = await users.register('mallory@example.com')
    const next = await refresh(session.refreshToken)
    const live = await refresh(next.refreshToken ?? '')
    expect(live.__typename).toBe('Session')
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError')
    expect((await refresh(live.refreshToken ?? '')).__typename).toBe('InvalidCredentialsError')
  })

  it('refuses an expired token, one that was never issued, and one that was signed out', async () => {
    const { session: expired } = await users.register('heidi@example.com')
    users.clock.now += 2_592_000_001
    expect((await refresh(expired.refreshToken)).__typename).toBe('InvalidCredentialsError')
    expect((await refresh('never issued')).__typename).toBe('InvalidCredentialsError')

    const { session } = await users.register('ivan@example.com')
    const signOut = () =>
      users.request('mutation ($token: String!) { signOut(refreshToken: $token) }', { token: session.refreshToken })
    expect((await signOut()).data).toEqual({ signOut: true })
    expect((await signOut()).data).toEqual({ signOut: true })
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError')
  })

  it('keeps no token in the database', async () => {
    const { session } = await users.register('judy@example.com')
    const { rows } = await users.database.sql.query<{ row: string }>('SELECT t::text AS row FROM refresh_token t')
    const hex = Buffer.from(session.refreshToken).toString('hex')
    expect(rows.filter(({ row }) => row.includes(session.refreshToken) || row.includes(hex))).toEqual([])
  })
})

describe('changing the password', () => {
  const change = (
    viewer: Awaited<ReturnType<TestUsers['register']>>['viewer'],
    currentPassword: string,
    newPassword: string,
  ) =>
    users.request<{ changePassword: SignInResult & { issues?: unknown } }>(
      `mutation ($current: String!, $new: String!) {
        changePassword(currentPassword: $current, newPassword: $new) {
          __typename ${SESSION} ... on UserError { code } ... on ValidationError { issues { path message } }
        }
      }`,
      { current: currentPassword, new: newPassword },
      viewer,
    )

  it('ends every other session and opens a new one', async () => {
    const { session, viewer } = await users.register('kim@example.com')
    const changed = await change(viewer, PASSWORD, 'another long password')
    expect(changed.data.changePassword.__typename).toBe('Session')
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError')
    expect((await refresh(changed.data.changePassword.refreshToken ?? '')).__typename).toBe('Session')
    expect((await signIn('kim@example.com')).data.signIn.__typename).toBe('InvalidCredentialsError')
    expect((await signIn('kim@example.com', 'another long password')).data.signIn.__typename).toBe('Session')
  })

  it('needs the current password and a good new one', async () => {
    const { viewer } = await users.register('leo@example.com')
    expect((await change(viewer, 'not the password', 'another long password')).data.changePassword).toMatchObject({
      __typename: 'InvalidCredentialsError',
      code: 'INVALID_CREDENTIALS',
    })
    expect((await change(viewer, PASSWORD, 'short')).data.changePassword).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['newPassword'], message: 'must be at least 10 characters' }],
    })
    expect((await change(viewer, PASSWORD, 'half a \ud800 character')).data.changePassword).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['newPassword'], message: 'must be well-formed text, without half characters' }],
    })
  })

  it('is for people who are signed in', async () => {
    const reply = await users.request(
      `mutation { changePassword(currentPassword: "a", newPassword: "b") { __typename } }`,
    )
    expect(reply.data).toEqual({ changePassword: null })
    expect(reply.errors).toMatchObject([
      { path: ['changePassword'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } },
    ])
  })
})
