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
  /** By which the subgraphs know each other's events, by their names. */
  events: Record<EventSubgraph, { keyFile: string; publicKeysFile: string }>
}

export type EventSubgraph = 'orders' | 'products'

/** The keys of this checkout's graph, made at its first start. */
export async function loadOrCreateKeys({ dataFolder }: Pick<StartConfig, 'dataFolder'>): Promise<Keys> {
  const folder = join(dataFolder, 'keys')
  const eventKeys = (name: EventSubgraph) => ({
    keyFile: join(folder, `events-${name}-private.json`),
    publicKeysFile: join(folder, `events-${name}-public.json`),
  })
  const keys: Keys = {
    identityKeyFile: join(folder, 'identity-private.json'),
    gatewayKeysFile: join(folder, 'identity-public.json'),
    signingKeysFolder: join(folder, 'signing'),
    events: { orders: eventKeys('orders'), products: eventKeys('products') },
  }
  await mkdir(keys.signingKeysFolder, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError([`PORTICO_DATA_DIR: the folder ${folder} cannot be used (${cause.code ?? cause.message})`])
  })
  if (!(await isFile(keys.identityKeyFile))) {
    await createSigningKey(keys.signingKeysFolder, new Date())
    await writeKeyPair(keys.identityKeyFile, keys.gatewayKeysFile)
  }
  for (const { keyFile, publicKeysFile } of Object.values(keys.events)) {
    if (!(await isFile(keyFile))) await writeKeyPair(keyFile, publicKeysFile)
  }
  return keys
}

/** Writes a new key and its public half. The private one comes last, so that its presence says that both are there. */
async function writeKeyPair(privateFile: string, publicFile: string): Promise<void> {
  const key = await createIdentityKey()
  await replaceFile(publicFile, publicKeysOf(key))
  await replaceFile(privateFile, key)
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
