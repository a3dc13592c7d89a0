import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { ANONYMOUS, PLANS, type Viewer } from './viewer.ts'

/** The request header that carries the envelope from the gateway to a subgraph. */
export const IDENTITY_HEADER = 'x-portico-identity'

const ISSUER = 'portico-gateway'
const LIFETIME_S = 30
const CLOCK_SKEW_S = 5
/** Handed out again only while at least this much of its lifetime is left. */
const REUSE_UNTIL_S = 15

const claims = z.object({
  sub: z.string().min(1).optional(),
  roles: z.array(z.string()).default([]),
  scopes: z.array(z.string()).default([]),
  plan: z.enum(PLANS).default('FREE'),
})

/** The gateway's end of the envelopes. */
export interface EnvelopeSigner {
  /**
   * A compact JWS (EdDSA, 30 s) that tells `audience`, a subgraph's name, who the viewer is. The same text comes back
   * for the same viewer and audience while it is fresh, so that identical fetches stay identical; then it is at hand, and
   * no promise.
   */
  sign(viewer: Viewer, audience: string): string | Promise<string>
}

interface Envelope {
  token: string | Promise<string>
  /** In seconds since 1970. */
  reuseUntil: number
}

/**
 * Signs with the gateway's private key, a JWK of kind OKP/Ed25519 with a `kid`.
 *
 * @throws TypeError when the JWK is none that can be imported.
 */
export async function createEnvelopeSigner(privateKey: JWK, now: () => number = Date.now): Promise<EnvelopeSigner> {
  const signingKey = await importJWK(privateKey, 'EdDSA')
  const header = { alg: 'EdDSA', ...(privateKey.kid === undefined ? {} : { kid: privateKey.kid }) }
  const signed = new LRUCache<string, Envelope>({ max: 10_000 })
  /** Keys in `signed`, by audience: who verifies tokens has one object for each viewer that it remembers. */
  const keys = new WeakMap<Viewer, Map<string, string>>()

  /** Who says the same of themselves has the same key. Finding it again is cheaper than writing and hashing it. */
  function keyOf(viewer: Viewer, audience: string): string {
    const ofViewer = keys.get(viewer) ?? new Map<string, string>()
    const known = ofViewer.get(audience)
    if (known !== undefined) return known
    const key = JSON.stringify([audience, claimsOf(viewer)])
    keys.set(viewer, ofViewer.set(audience, key))
    return key
  }

  function signAt(seconds: number, viewer: Viewer, audience: string): Promise<string> {
    return new SignJWT(claimsOf(viewer))
      .setProtectedHeader(header)
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + LIFETIME_S)
      .sign(signingKey)
  }

  async function settle(cacheKey: string, envelope: Envelope): Promise<void> {
    try {
      envelope.token = await envelope.token
    } catch {
      // The next one asks anew, unless it has done so already.
      if (signed.peek(cacheKey) === envelope) signed.delete(cacheKey)
    }
  }

  return {
    sign(viewer, audience) {
      const cacheKey = keyOf(viewer, audience)
      const seconds = Math.floor(now() / 1000)
      const known = signed.get(cacheKey)
      if (known && known.reuseUntil > seconds) return known.token
      const token = signAt(seconds, viewer, audience)
      const envelope: Envelope = { token, reuseUntil: seconds + LIFETIME_S - REUSE_UNTIL_S }
      signed.set(cacheKey, envelope)
      void settle(cacheKey, envelope)
      return token
    },
  }
}

/** What an envelope says of a viewer. */
function claimsOf(viewer: Viewer) {
  if (viewer.kind === 'anonymous') return {}
  const { id, roles, scopes, plan } = viewer
  return { sub: id, roles, scopes, plan }
}

/** A subgraph's end of the envelopes. */
export interface EnvelopeVerifier {
  /** The viewer that a genuine, fresh envelope for this audience names; undefined for everything else. */
  verify(token: string | undefined): Promise<Viewer | undefined>
}

/**
 * Verifies envelopes with the gateway's public keys: a JWK set, several while a key is being rotated. Signatures are
 * checked once per token; a token that was seen before costs a look-up until it expires.
 */
export function createEnvelopeVerifier(
  { keys, audience }: { keys: JSONWebKeySet; audience: string },
  now: () => number = Date.now,
): EnvelopeVerifier {
  const keySet = createLocalJWKSet(keys)
  const verified = new LRUCache<string, { viewer: Viewer; expiresAt: number }>({ max: 10_000 })

  return {
    async verify(token) {
      if (token === undefined || token.length > 8192) return undefined
      const known = verified.get(token)
      if (known) return known.expiresAt > now() ? known.viewer : undefined
      try {
        const { payload } = await jwtVerify(token, keySet, {
          algorithms: ['EdDSA'],
          issuer: ISSUER,
          audience,
          clockTolerance: CLOCK_SKEW_S,
          maxTokenAge: LIFETIME_S,
          requiredClaims: ['exp', 'iat'],
          currentDate: new Date(now()),
        })
        const { sub, roles, scopes, plan } = claims.parse(payload)
        const viewer: Viewer = sub === undefined ? ANONYMOUS : { kind: 'user', id: sub, roles, scopes, plan }
        // Remembered for no longer than it would be believed if it came for the first time.
        const { exp = 0, iat = 0 } = payload
        verified.set(token, { viewer, expiresAt: (Math.min(exp, iat + LIFETIME_S) + CLOCK_SKEW_S) * 1000 })
        return viewer
      } catch {
        return undefined
      }
    },
  }
}
