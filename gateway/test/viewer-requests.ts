import { expect } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import type { TinyGraph } from './tiny-graph.ts'
import { AUDIENCE, bearer, ISSUER, type TokenIssuer } from './token-issuer.ts'

/** The environment of a gateway that believes an issuer. */
export function tokenTrustOf({ jwksUrl }: TokenIssuer): Record<string, string> {
  return { JWKS_URL: jwksUrl.href, TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: AUDIENCE, TOKEN_SCOPES_CLAIM: 'scope' }
}

export interface Ask {
  query: string
  variables?: Record<string, unknown>
  /** What the viewer may do, in one text; undefined: nobody is signed in. */
  scope?: string | undefined
}

/** Sends an operation, and returns its answer and what the subgraphs were asked for it. */
export async function askAs({ url, requests }: TinyGraph, issuer: TokenIssuer, { query, variables, scope }: Ask) {
  const before = requests.length
  const headers = scope === undefined ? {} : { authorization: await bearer(issuer.key, { claims: { scope } }) }
  const { status, data, errors } = await postGraphql(url, { query, variables }, headers)
  const asked = requests.slice(before)
  return { status, data, errors, asked, queries: asked.map((request) => request.query).join('\n') }
}

/** The error of a field that the viewer may not see. */
export const unauthorized = (...path: (string | number)[]) => ({
  message: 'Unauthorized field or type',
  path,
  extensions: expect.objectContaining({ code: 'UNAUTHORIZED_FIELD_OR_TYPE' }),
})
