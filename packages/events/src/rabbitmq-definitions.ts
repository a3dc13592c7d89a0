import { createHash, randomBytes } from 'node:crypto'
import { SUBSCRIPTIONS } from './contract.ts'
import { namesOf } from './rabbitmq-topology.ts'

/** What RabbitMQ loads when it starts (`load_definitions`): https://www.rabbitmq.com/docs/definitions */
export interface RabbitMqDefinitions {
  vhosts: { name: string }[]
  users: (KnownUser & { hashing_algorithm: string; tags: string[] })[]
  permissions: { user: string; vhost: string; configure: string; write: string; read: string }[]
}

const VHOST = '/'

/** The subgraphs that have an account: those with events. */
export const ACCOUNTS: readonly string[] = Object.keys(SUBSCRIPTIONS)

/**
 * The accounts of the subgraphs by their passwords. Each may do everything with its own two queues, and use the exchanges;
 * not the default exchange, by which one reaches any queue.
 */
export function createDefinitions(passwords: ReadonlyMap<string, string>): RabbitMqDefinitions {
  return {
    vhosts: [{ name: VHOST }],
    users: [...passwords].map(([name, password]) => ({
      name,
      password_hash: hashOf(password, randomBytes(SALT_BYTES)),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: [],
    })),
    permissions: [...passwords.keys()].map((user) => {
      const pattern = `^(${namesOf(user).map(escapeDots).join('|')})$`
      return { user, vhost: VHOST, configure: pattern, write: pattern, read: pattern }
    }),
  }
}

/** An account, by what it is known. */
export interface KnownUser {
  name: string
  /** In base64, the salt before the digest. */
  password_hash: string
}

/** Whether one of these accounts has this name and this password. */
export function isPasswordOf(users: readonly KnownUser[], name: string, password: string): boolean {
  const { password_hash: hash = '' } = users.find((user) => user.name === name) ?? {}
  return hash !== '' && hash === hashOf(password, Buffer.from(hash, 'base64').subarray(0, SALT_BYTES))
}

const SALT_BYTES = 4

/** As RabbitMQ has it: https://www.rabbitmq.com/docs/passwords#this-is-the-algorithm */
function hashOf(password: string, salt: Buffer): string {
  const digest = createHash('sha256').update(salt).update(password).digest()
  return Buffer.concat([salt, digest]).toString('base64')
}

const escapeDots = (name: string) => name.replaceAll('.', String.raw`\.`)
