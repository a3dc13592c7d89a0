import { parse, validate, type GraphQLSchema } from 'graphql'

const SESSION = `
  __typename
  ... on Session { accessToken refreshToken }
  ... on UserError { message }
`

export const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  signIn(email: $email, password: $password) { ${SESSION} }
}`

export const REFRESH_SESSION = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) { ${SESSION} }
}`

export const SIGN_OUT = `mutation SignOut($refreshToken: String!) { signOut(refreshToken: $refreshToken) }`

export const VIEWER = `query Viewer { me { displayName role plan } }`

/** What signing in and refreshing answer: tokens, or a failure that `message` explains. */
export type SessionResult =
  { __typename: 'Session'; accessToken: string; refreshToken: string } | { __typename: string; message: string }

/** Who is signed in. */
export interface Viewer {
  displayName: string
  role: string | null
  plan: string | null
}

/** Whether people sign in to this graph the way Portico's own users do. */
export function hasSessions(schema: GraphQLSchema): boolean {
  const document = parse([SIGN_IN, REFRESH_SESSION, SIGN_OUT, VIEWER].join('\n'))
  return validate(schema, document).length === 0
}

export function isSession(result: SessionResult | null): result is Extract<SessionResult, { accessToken: string }> {
  return result !== null && 'accessToken' in result
}
