import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEnvelopeSigner, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { createIdentityKey, publicKeysOf, type IdentityKey } from '@portico/service-kit/identity-key'

/** The identity keys of a gateway that only exists for a test. */
export interface TestIdentity extends AsyncDisposable {
  signer: EnvelopeSigner
  /** The private key. */
  key: IdentityKey
  /** File of the private JWK, for a gateway. */
  privateKeyFile: string
  /** File of the JWK set with the public key, for subgraphs. */
  publicKeysFile: string
}

/** Makes a new key, and writes both halves of it to files that disposing removes. */
export async function createTestIdentity(): Promise<TestIdentity> {
  const key = await createIdentityKey()
  const folder = await mkdtemp(join(tmpdir(), 'portico-identity-'))
  const privateKeyFile = join(folder, 'private.json')
  const publicKeysFile = join(folder, 'public.json')
  await writeFile(privateKeyFile, JSON.stringify(key), { mode: 0o600 })
  await writeFile(publicKeysFile, JSON.stringify(publicKeysOf(key)))
  return {
    signer: await createEnvelopeSigner(key),
    key,
    privateKeyFile,
    publicKeysFile,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
