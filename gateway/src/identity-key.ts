import { createEnvelopeSigner, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { ConfigError } from '@portico/service-kit/config'
import { z } from 'zod'
import { readConfigured } from './supergraph/compose.ts'

const privateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
})

/**
 * Loads the private key that signs identity envelopes.
 *
 * @throws ConfigError when the file holds something else.
 */
export async function loadEnvelopeSigner(file: string): Promise<EnvelopeSigner> {
  const text = await readConfigured(file, 'IDENTITY_KEY_FILE')
  try {
    return await createEnvelopeSigner(privateJwk.parse(JSON.parse(text)))
  } catch {
    throw new ConfigError([`IDENTITY_KEY_FILE: ${file} is not a private Ed25519 JWK with a kid`])
  }
}
