import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import { parseIdentityKey } from '@portico/service-kit/identity-key'
import type { Logger } from '@portico/service-kit/logger'
import { loadKeySet } from '@portico/service-kit/trust'
import type { TransportConfig } from './config.ts'
import { createHttpTransport } from './http-transport.ts'
import { createSigner, createVerifier } from './push-signature.ts'
import { createRabbitMqTransport } from './rabbitmq-transport.ts'
import type { Transport } from './transport.ts'

/**
 * Opens the configured transport; undefined when there is none.
 *
 * @throws ConfigError when a key file is missing or holds something else.
 */
export async function openTransport(options: {
  subgraph: string
  config: TransportConfig
  log: Logger
}): Promise<Transport | undefined> {
  const { subgraph, config, log } = options
  if (config.kind === 'none') return undefined
  if (config.kind === 'rabbitmq') return createRabbitMqTransport({ subgraph, log, ...config })
  const { subscribers, keyFile, publisherKeys } = config
  const publishers = [...publisherKeys].map(
    async ([name, file]) => [name, await loadKeySet(file, 'EVENTS_PUBLISHER_KEYS')] as const,
  )
  return createHttpTransport({
    subscribers,
    sign: await createSigner(subgraph, await loadKey(keyFile)),
    verify: createVerifier(subgraph, new Map(await Promise.all(publishers))),
  })
}

async function loadKey(file: string) {
  const text = await readConfiguredFile(file, 'EVENTS_KEY_FILE')
  try {
    return parseIdentityKey(text)
  } catch {
    throw new ConfigError([`EVENTS_KEY_FILE: ${file} is not a private Ed25519 JWK`])
  }
}
