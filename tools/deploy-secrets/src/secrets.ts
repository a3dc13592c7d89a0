import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseNames, type DatabaseName } from '@portico/database/databases'
import { createPassword, loadOrCreateSecret } from '@portico/database/secrets'
import { ACCOUNTS, createDefinitions, isPasswordOf } from '@portico/events/rabbitmq-definitions'
import { createIdentityKey, parseIdentityKey, publicKeysOf } from '@portico/service-kit/identity-key'
import { createSigningKey } from '@portico/users/signing-keys'
import { z } from 'zod'

/** The folder of the keys that sign access tokens, beside the other secrets. */
export const SIGNING_KEYS = 'users-signing-keys'

/**
 * Makes what is missing of the secrets that docker-compose.yml hands to its containers, and returns the names of the
 * files that it made. What is there is never written again.
 *
 * @throws Error when two files that belong together contradict each other.
 */
export async function makeSecrets(folder: string): Promise<string[]> {
  const signingKeys = join(folder, SIGNING_KEYS)
  await mkdir(signingKeys, { recursive: true })
  await openToContainers(folder)
  const made: string[] = []
  const keep = (name: string, create: () => string) =>
    loadOrCreateSecret(join(folder, name), () => {
      made.push(name)
      return create()
    })

  for (const name of databaseNames) await keepDatabaseSecrets(name, keep)
  await keepRabbitMqSecrets(keep)
  await keepIdentityKeys(JSON.stringify(await createIdentityKey()), keep)
  if ((await readdir(signingKeys)).length === 0) {
    made.push(`${SIGNING_KEYS}/${await createSigningKey(signingKeys, new Date())}.json`)
  }
  await openToContainers(folder)
  return made
}

/**
 * Gives the files the modes with which containers can read them and nobody else can. Compose mounts each as it is here,
 * with its owner and mode, into a container whose user is another one: so the files can be read by everybody, and the
 * folder around them can be entered by its owner alone.
 */
export async function openToContainers(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o444)
  }
}

type Keep = (name: string, create: () => string) => Promise<string>

/** The password for the database server, and for those who connect to it the address that contains it. */
async function keepDatabaseSecrets(name: DatabaseName, keep: Keep): Promise<void> {
  const password = await keep(`${name}-database-password`, createPassword)
  const url = await keep(`${name}-database-url`, () => `postgresql://${name}:${password}@${name}-database:5432/${name}`)
  if (decodeURIComponent(new URL(url).password) === password) return
  throw new Error(
    `${name}-database-url holds another password than ${name}-database-password. Write into both the one that the ` +
      'database was made with; or remove both, and the volume of the database with them.',
  )
}

/** For each subgraph with events the address that contains its password, and for RabbitMQ the accounts by their hashes. */
async function keepRabbitMqSecrets(keep: Keep): Promise<void> {
  const passwords = new Map<string, string>()
  for (const name of ACCOUNTS) {
    const url = await keep(`${name}-rabbitmq-url`, () => `amqp://${name}:${createPassword()}@rabbitmq:5672`)
    passwords.set(name, decodeURIComponent(new URL(url).password))
  }
  const known = await keep('rabbitmq-definitions.json', () => JSON.stringify(createDefinitions(passwords)))
  const { users } = definitions.parse(JSON.parse(known))
  const strangers = ACCOUNTS.filter((name) => !isPasswordOf(users, name, passwords.get(name) ?? ''))
  if (strangers.length === 0) return
  throw new Error(
    `rabbitmq-definitions.json does not have the password of ${strangers.map((name) => `${name}-rabbitmq-url`).join(', ')}, ` +
      'so RabbitMQ would not let in who has it. Remove rabbitmq-definitions.json, run this again, and restart RabbitMQ.',
  )
}

const definitions = z.object({ users: z.array(z.object({ name: z.string(), password_hash: z.string() })) })

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), x: z.string() })) })

/** The key by which the gateway vouches for viewers, and for the subgraphs its public half. */
async function keepIdentityKeys(fresh: string, keep: Keep): Promise<void> {
  const key = parseIdentityKey(await keep('gateway-identity-key.json', () => fresh))
  const known = await keep('gateway-identity-public-keys.json', () => JSON.stringify(publicKeysOf(key)))
  if (keySet.parse(JSON.parse(known)).keys.some(({ kid, x }) => kid === key.kid && x === key.x)) return
  throw new Error(
    'gateway-identity-public-keys.json does not have the public half of gateway-identity-key.json, so no subgraph would ' +
      'believe the gateway. Remove both, or the public keys alone, and run this again.',
  )
}
