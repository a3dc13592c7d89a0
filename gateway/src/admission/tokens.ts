import type { Logger } from '@portico/service-kit/logger'
import { ANONYMOUS, PLANS, type Viewer } from '@portico/service-kit/viewer'
import { jwtVerify } from 'jose'
import { z } from 'zod'
import type { TokenTrust } from '../config/trust.ts'
import { createIssuerKeys, IssuerKeysUnavailableError } from './issuer-keys.ts'

/** What a request's `authorization` header is worth. */
export type Credentials =
  | { kind: 'viewer'; viewer: Viewer }
  /** Expired, forged, malformed, or for someone else. */
  | { kind: 'invalid' }
  /** The issuer's keys can't be had, so nobody can tell. */
  | { kind: 'unverifiable' }

export interface TokenVerifier extends AsyncDisposable {
  verify(authorization: string | undefined): Promise<Credentials>
}

const claims = z.object({
  sub: z
    .string()
    .max(255)
    .regex(/^\P{Cc}+$/u),
  scope: z.string().default(''),
  roles: z.array(z.string()).default([]),
  plan: z.enum(PLANS).default('FREE'),
})

const CLOCK_SKEW_S = 5

/**
 * Verifies bearer tokens (JWT of RFC 9068, EdDSA only) with the issuer's keys. Without configured trust, everyone is
 * anonymous.
 */
export function createTokenVerifier(trust: TokenTrust | undefined, log: Logger): TokenVerifier {
  if (!trust) {
    return {
      verify: async () => ({ kind: 'viewer', viewer: ANONYMOUS }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const keys = createIssuerKeys({ url: trust.jwksUrl, log })

  return {
    async verify(authorization) {
      if (authorization === undefined) return { kind: 'viewer', viewer: ANONYMOUS }
      const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization) ?? []
      if (token === undefined) return { kind: 'invalid' }
      try {
        const { payload } = await jwtVerify(token, keys.getKey, {
          algorithms: ['EdDSA'],
          issuer: trust.issuer,
          audience: trust.audience,
          typ: 'at+jwt',
          clockTolerance: CLOCK_SKEW_S,
          requiredClaims: ['exp', 'sub'],
        })
        const { sub, scope, roles, plan } = claims.parse(payload)
        return {
          kind: 'viewer',
          viewer: { kind: 'user', id: sub, roles, scopes: scope.split(' ').filter(Boolean), plan },
        }
      } catch (error) {
        return { kind: error instanceof IssuerKeysUnavailableError ? 'unverifiable' : 'invalid' }
      }
    },
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
}
