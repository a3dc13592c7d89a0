import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEnvelopeSigner, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'

/** The identity keys of a gateway that only exists for a test. */
export interface TestIdentity extends AsyncDisposable {
  signer: EnvelopeSigner
  /** File of the private JWK, for a gateway. */
  privateKeyFile: string
  /** File of the JWK set with the public key, for subgraphs. */
  publicKeysFile: string
}

export async function createTestIdentity(): Promise<TestIdentity> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const privateJwk = { ...(await exportJWK(privateKey)), kid }
  const folder = await mkdtemp(join(tmpdir(), 'portico-identity-'))
  const privateKeyFile = join(folder, 'private.json')
  const publicKeysFile = join(folder, 'public.json')
  await writeFile(privateKeyFile, JSON.stringify(privateJwk), { mode: 0o600 })
  await writeFile(publicKeysFile, JSON.stringify({ keys: [{ ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }] }))
  return {
    signer: await createEnvelopeSigner(privateJwk),
    privateKeyFile,
    publicKeysFile,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
