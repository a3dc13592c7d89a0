import { createEnvelopeSigner, createEnvelopeVerifier } from '@portico/service-kit/identity-envelope'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { exportJWK, generateKeyPair, type JWK } from 'jose'

/** A gateway's key pair, as the JWKs that its two sides hold. */
export interface IdentityKey {
  privateJwk: JWK
  publicJwk: JWK
}

export async function createIdentityKey(kid: string): Promise<IdentityKey> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return {
    privateJwk: { ...(await exportJWK(privateKey)), kid },
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' },
  }
}

export const ANN: SignedInViewer = {
  kind: 'user',
  id: 'ann',
  roles: ['SUPPORT'],
  scopes: ['orders:read', 'users:read'],
  plan: 'PRO',
}

/** Both ends of an envelope's way, with a clock that the test sets. */
export async function createIdentityPair({ privateJwk, publicJwk }: IdentityKey, audience = 'users') {
  const clock = { now: Date.UTC(2026, 0, 1) }
  const now = () => clock.now
  return {
    clock,
    signer: await createEnvelopeSigner(privateJwk, now),
    verifier: createEnvelopeVerifier({ keys: { keys: [publicJwk] }, audience }, now),
  }
}
