import type { Logger } from '@portico/service-kit/logger'
import { ANONYMOUS, PLANS, type Viewer } from '@portico/service-kit/viewer'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { z } from 'zod'
import type { TokenTrust } from '../config.ts'

/** What a request's `authorization` header is worth. */
export type Credentials =
  | { kind: 'viewer'; viewer: Viewer }
  /** Expired, forged, malformed, or for someone else. */
  | { kind: 'invalid' }
  /** The issuer's keys can't be had, so nobody can tell. */
  | { kind: 'unverifiable' }

export type VerifyToken = (authorization: string | undefined) => Promise<Credentials>

const claims = z.object({
  sub: z.string().min(1),
  scope: z.string().default(''),
  roles: z.array(z.string()).default([]),
  plan: z.enum(PLANS).default('FREE'),
})

const CLOCK_SKEW_S = 5

/**
 * Verifies bearer tokens (JWT of RFC 9068, EdDSA only) against the issuer's JWK set. The set is fetched when first
 * needed and again for an unknown `kid`, at most every 30 seconds, so that made-up ones can't load the issuer; the last
 * good set stays in use while the issuer is down. Without configured trust, everyone is anonymous.
 */
export function createTokenVerifier(trust: TokenTrust | undefined, log: Logger): VerifyToken {
  if (!trust) return async () => ({ kind: 'viewer', viewer: ANONYMOUS })
  const keys = createRemoteJWKSet(trust.jwksUrl, {
    cooldownDuration: 30_000,
    cacheMaxAge: Infinity,
    timeoutDuration: 2000,
  })

  return async (authorization) => {
    if (authorization === undefined) return { kind: 'viewer', viewer: ANONYMOUS }
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization) ?? []
    if (token === undefined) return { kind: 'invalid' }
    try {
      const { payload } = await jwtVerify(token, keys, {
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
    } catch (err) {
      const wrongToken =
        err instanceof z.ZodError ||
        (err instanceof errors.JOSEError &&
          !(err instanceof errors.JWKSTimeout) &&
          !(err instanceof errors.JWKSInvalid))
      // jose reports a JWK set that could not be fetched with its base class.
      if (wrongToken && !(err instanceof errors.JOSEError && err.code === 'ERR_JOSE_GENERIC'))
        return { kind: 'invalid' }
      log.warn({ err }, 'access tokens can not be verified')
      return { kind: 'unverifiable' }
    }
  }
}
