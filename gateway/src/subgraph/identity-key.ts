import { parseIdentityKey } from '@portico/service-kit/identity-key'
import { createEnvelopeSigner, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'

/**
 * Loads the private key that signs identity envelopes.
 *
 * @throws ConfigError when the file holds something else.
 */
export async function loadEnvelopeSigner(file: string): Promise<EnvelopeSigner> {
  const text = await readConfiguredFile(file, 'IDENTITY_KEY_FILE')
  try {
    return await createEnvelopeSigner(parseIdentityKey(text))
  } catch {
    throw new ConfigError([`IDENTITY_KEY_FILE: ${file} is not a private Ed25519 JWK with a kid`])
  }
}
