import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet } from 'jose'
import { z } from 'zod'

const identityKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
})

/** The private key by which a gateway vouches for viewers: an Ed25519 JWK with a `kid`. */
export type IdentityKey = z.infer<typeof identityKey>

/** Makes a new key, named by its thumbprint (RFC 7638). */
export async function createIdentityKey(): Promise<IdentityKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  return identityKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) })
}

/**
 * Reads a key as a file holds it.
 *
 * @throws Error when it is something else.
 */
export function parseIdentityKey(text: string): IdentityKey {
  return identityKey.parse(JSON.parse(text))
}

/** Its public half, as the JWK set that subgraphs hold in their `GATEWAY_KEYS_FILE`. */
export function publicKeysOf({ kty, crv, x, kid }: IdentityKey): JSONWebKeySet {
  return { keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] }
}
