import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'

const privateJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string() })
const jwkSet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), x: z.string() })) })

/** A new private key by which a gateway vouches for viewers, as the JWK that its `IDENTITY_KEY_FILE` holds. */
export async function createIdentityKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  return JSON.stringify({ ...jwk, kid: await calculateJwkThumbprint(jwk) })
}

/** Its public half, as the JWK set that the `GATEWAY_KEYS_FILE` of the subgraphs holds. */
export function publicKeysOf(key: string): string {
  const { kty, crv, x, kid } = privateJwk.parse(JSON.parse(key))
  return JSON.stringify({ keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] })
}

/** Whether whoever knows the JWK set believes what the key signs. */
export function isKnown(key: string, keys: string): boolean {
  const { kid, x } = privateJwk.parse(JSON.parse(key))
  return jwkSet.parse(JSON.parse(keys)).keys.some((known) => known.kid === kid && known.x === x)
}
