import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@portico/service-kit/config'
import { createIdentityKey, publicKeysOf } from '@portico/service-kit/identity-key'
import { createSigningKey } from '@portico/users/signing-keys'
import type { StartConfig } from './config.ts'

export interface Keys {
  /** The gateway's private key for identity envelopes. */
  identityKeyFile: string
  /** The public one, for subgraphs. */
  gatewayKeysFile: string
  /** The keys of access tokens. */
  signingKeysFolder: string
}

/** The keys of this checkout's graph, made at its first start. */
export async function loadOrCreateKeys({ dataFolder }: Pick<StartConfig, 'dataFolder'>): Promise<Keys> {
  const folder = join(dataFolder, 'keys')
  const keys: Keys = {
    identityKeyFile: join(folder, 'identity-private.json'),
    gatewayKeysFile: join(folder, 'identity-public.json'),
    signingKeysFolder: join(folder, 'signing'),
  }
  await mkdir(keys.signingKeysFolder, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError([`PORTICO_DATA_DIR: the folder ${folder} cannot be used (${cause.code ?? cause.message})`])
  })
  // Written last, so that its presence says that all are there.
  if (await isFile(keys.identityKeyFile)) return keys
  await createSigningKey(keys.signingKeysFolder, new Date())
  const identityKey = await createIdentityKey()
  await replaceFile(keys.gatewayKeysFile, publicKeysOf(identityKey))
  await replaceFile(keys.identityKeyFile, identityKey)
  return keys
}

async function isFile(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  )
}

async function replaceFile(path: string, content: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600 })
  await rename(`${path}.new`, path)
}
