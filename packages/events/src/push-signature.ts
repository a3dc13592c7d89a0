import { createHash } from 'node:crypto'
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose'

/** The header that carries the signature of pushed events. */
export const SIGNATURE_HEADER = 'x-portico-events-signature'

const LIFETIME_S = 60
const CLOCK_SKEW_S = 5

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

/** The subgraph that signed this body for us; undefined when the signature is missing, false, old or for someone else. */
export type VerifyBody = (body: Buffer, signature: string | undefined) => Promise<string | undefined>

/** Verifies with the public keys of those who may send, by their names: a key speaks for its own subgraph alone. */
export function createVerifier(
  audience: string,
  publishers: ReadonlyMap<string, JSONWebKeySet>,
  now = Date.now,
): VerifyBody {
  const keySets = [...publishers].map(([issuer, keys]) => ({ issuer, keySet: createLocalJWKSet(keys) }))
  return async (body, signature) => {
    if (signature === undefined || signature.length > 4096) return undefined
    for (const { issuer, keySet } of keySets) {
      try {
        const { payload } = await jwtVerify(signature, keySet, {
          algorithms: ['EdDSA'],
          issuer,
          audience,
          clockTolerance: CLOCK_SKEW_S,
          maxTokenAge: LIFETIME_S,
          requiredClaims: ['exp', 'iat', 'sha256'],
          currentDate: new Date(now()),
        })
        return payload['sha256'] === digestOf(body) ? issuer : undefined
      } catch {
        // Another publisher's, or nobody's.
      }
    }
    return undefined
  }
}

function digestOf(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('base64url')
}
