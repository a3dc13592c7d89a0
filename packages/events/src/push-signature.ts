import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose'
import { reasonOf } from './reason.ts'

/** The header that carries the signature of pushed events. */
export const SIGNATURE_HEADER = 'x-portico-events-signature'

const LIFETIME_S = 60
const CLOCK_SKEW_S = 5
const MOST_LENGTH = 4096

/** Signs bodies: a compact JWS (EdDSA, 60 s) of who sends, for whom it is, and the SHA-256 of the body. */
export type SignBody = (body: string, audience: string) => Promise<string>

/**
 * Signs with a subgraph's own private key, a JWK of kind OKP/Ed25519.
 *
 * @throws TypeError when the JWK is none that can be imported.
 */
export async function createSigner(subgraph: string, privateKey: JWK, now = Date.now): Promise<SignBody> {
  const key = await importJWK(privateKey, 'EdDSA')
  const header = { alg: 'EdDSA', ...(privateKey.kid === undefined ? {} : { kid: privateKey.kid }) }
  return (body, audience) => {
    const seconds = Math.floor(now() / 1000)
    return new SignJWT({ sha256: digestOf(body) })
      .setProtectedHeader(header)
      .setIssuer(subgraph)
      .setAudience(audience)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + LIFETIME_S)
      .sign(key)
  }
}

/** Who signed, and the SHA-256 of the body that they signed, in base64url. */
export interface Signed {
  sender: string
  sha256: string
}

/** Who signed something for us; or why the signature does not count, for our own log. */
export type VerifySignature = (signature: string) => Promise<Signed | { refusal: string }>

/** Verifies with the public keys of those who may send, by their names: a key speaks for its own subgraph alone. */
export function createVerifier(
  audience: string,
  publishers: ReadonlyMap<string, JSONWebKeySet>,
  now = Date.now,
): VerifySignature {
  const keySets = new Map([...publishers].map(([issuer, keys]) => [issuer, createLocalJWKSet(keys)]))
  return async (signature) => {
    if (signature.length > MOST_LENGTH) return { refusal: 'the signature is too long' }
    try {
      const { iss: issuer = '' } = decodeJwt(signature)
      const keySet = keySets.get(issuer)
      if (!keySet) return { refusal: 'no keys of its sender are known' }
      const { payload } = await jwtVerify<{ sha256: unknown }>(signature, keySet, {
        algorithms: ['EdDSA'],
        issuer,
        audience,
        clockTolerance: CLOCK_SKEW_S,
        maxTokenAge: LIFETIME_S,
        requiredClaims: ['exp', 'iat', 'sha256'],
        currentDate: new Date(now()),
      })
      return { sender: issuer, sha256: String(payload.sha256) }
    } catch (error) {
      return { refusal: reasonOf(error) }
    }
  }
}

/** Whether what was signed is this body. */
export function isDigestOf(sha256: string, body: Buffer): boolean {
  return sha256 === digestOf(body)
}

function digestOf(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('base64url')
}
