import { chmod, mkdtempDisposable, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { makeSecrets } from '@portico/deploy-secrets/secrets'
import { isPasswordOf, type KnownUser } from '@portico/events/rabbitmq-definitions'
import { createEnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { parseIdentityKey } from '@portico/service-kit/identity-key'
import { createLogger } from '@portico/service-kit/logger'
import { loadIdentify } from '@portico/service-kit/trust'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { rotateSigningKeys } from '@portico/users/rotate-signing-keys'
import { loadSigningKeys } from '@portico/users/signing-keys'

describe('the secrets of a deployment', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>
  const at = (name: string) => join(folder.path, name)
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'portico-secrets-'))
  })
  afterEach(() => folder[Symbol.asyncDispose]())

  /** What every file holds, by its name. */
  async function contents(path = folder.path): Promise<Record<string, string>> {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const read = files.map(async ({ name, parentPath }) => [name, await readFile(join(parentPath, name), 'utf8')])
    return Object.fromEntries(await Promise.all(read)) as Record<string, string>
  }

  async function modes(): Promise<Record<string, string>> {
    const names = ['.', ...(await readdir(folder.path, { recursive: true }))]
    const read = names.map(async (name) => [name, ((await stat(at(name))).mode & 0o777).toString(8)])
    return Object.fromEntries(await Promise.all(read)) as Record<string, string>
  }

  it('are made once and never again', async () => {
    const made = await makeSecrets(folder.path)
    const before = await contents()
    expect(new Set(made.map((name) => basename(name)))).toEqual(new Set(Object.keys(before)))
    expect(await makeSecrets(folder.path)).toEqual([])
    expect(await contents()).toEqual(before)
  })

  it('are new in every deployment', async () => {
    await using other = await mkdtempDisposable(join(tmpdir(), 'portico-secrets-'))
    const made = await makeSecrets(folder.path)
    await makeSecrets(other.path)
    const both = [...Object.values(await contents()), ...Object.values(await contents(other.path))]
    expect(new Set(both).size).toBe(2 * made.length)
  })

  it('can be read by the user of a container, and on this machine by nobody but their owner', async () => {
    await makeSecrets(folder.path)
    const { '.': around, 'users-signing-keys': keys, ...files } = await modes()
    expect({ around, keys }).toEqual({ around: '700', keys: '755' })
    expect(new Set(Object.values(files))).toEqual(new Set(['444']))
  })

  it('get these modes back when something else has changed them', async () => {
    await makeSecrets(folder.path)
    const before = await modes()
    await chmod(folder.path, 0o755)
    await chmod(at('users-database-url'), 0o600)
    await rotateSigningKeys({ folder: at('users-signing-keys'), tokenLifetimeS: 900 }, [])
    await makeSecrets(folder.path)
    expect(await modes()).toMatchObject(before)
    expect(new Set(Object.values(await modes()))).toEqual(new Set(['700', '755', '444']))
  })

  it('let the subgraphs believe what the gateway signs, and nobody else', async () => {
    await makeSecrets(folder.path)
    const key = parseIdentityKey(await readFile(at('gateway-identity-key.json'), 'utf8'))
    const signer = await createEnvelopeSigner(key)
    const keysFile = at('gateway-identity-public-keys.json')
    const identify = await loadIdentify({ kind: 'gateway', keysFile }, 'orders')
    expect(await identify({ 'x-portico-identity': await signer.sign(ANONYMOUS, 'orders') })).toEqual(ANONYMOUS)
    await expect(identify({ 'x-portico-identity': await signer.sign(ANONYMOUS, 'users') })).rejects.toThrow('gateway')
    expect(await readFile(keysFile, 'utf8')).not.toContain('"d"')
  })

  it('have a key that signs access tokens at once', async () => {
    await makeSecrets(folder.path)
    const log = createLogger({ service: 'test', level: 'silent' })
    await using keys = await loadSigningKeys({ folder: at('users-signing-keys'), tokenLifetimeS: 900, log })
    expect(await readdir(at('users-signing-keys'))).toEqual([`${keys.current().kid}.json`])
  })

  it('are completed from what is left of them', async () => {
    await makeSecrets(folder.path)
    const before = await contents()
    await rm(at('users-database-url'))
    await rm(at('gateway-identity-public-keys.json'))
    expect(await makeSecrets(folder.path)).toEqual(['users-database-url', 'gateway-identity-public-keys.json'])
    expect(await contents()).toEqual(before)
  })

  it('are refused when a password is no longer the one in the address', async () => {
    await makeSecrets(folder.path)
    await rm(at('orders-database-password'))
    await expect(makeSecrets(folder.path)).rejects.toThrow(
      'orders-database-url holds another password than orders-database-password',
    )
  })

  it('are refused when the subgraphs would not believe the gateway, and keep a key that is on its way out', async () => {
    await makeSecrets(folder.path)
    const file = at('gateway-identity-public-keys.json')
    const { keys } = JSON.parse(await readFile(file, 'utf8')) as { keys: object[] }
    await chmod(file, 0o600)
    await writeFile(file, JSON.stringify({ keys: [{ ...keys[0], kid: 'old' }, ...keys] }))
    expect(await makeSecrets(folder.path)).toEqual([])
    await chmod(file, 0o600)
    await writeFile(file, JSON.stringify({ keys: [{ ...keys[0], kid: 'old' }] }))
    await expect(makeSecrets(folder.path)).rejects.toThrow('no subgraph would believe the gateway')
  })

  it('give RabbitMQ the accounts that the subgraphs have, by hashes alone, and say so when they no longer agree', async () => {
    await makeSecrets(folder.path)
    const { 'rabbitmq-definitions.json': definitions = '', ...others } = await contents()
    const { users } = JSON.parse(definitions) as { users: KnownUser[] }
    expect(users.map(({ name }) => name)).toEqual(['orders', 'products'])
    for (const name of ['orders', 'products']) {
      const { username, password, host } = new URL(others[`${name}-rabbitmq-url`] ?? '')
      expect({ username, host }).toEqual({ username: name, host: 'rabbitmq:5672' })
      expect(isPasswordOf(users, name, decodeURIComponent(password))).toBe(true)
      expect(isPasswordOf(users, name === 'orders' ? 'products' : 'orders', decodeURIComponent(password))).toBe(false)
      expect(definitions).not.toContain(password)
    }
    await chmod(at('orders-rabbitmq-url'), 0o644)
    await writeFile(at('orders-rabbitmq-url'), 'amqp://orders:another@rabbitmq:5672')
    await expect(makeSecrets(folder.path)).rejects.toThrow(
      'rabbitmq-definitions.json does not have the password of orders-rabbitmq-url',
    )
    await rm(at('rabbitmq-definitions.json'))
    expect(await makeSecrets(folder.path)).toEqual(['rabbitmq-definitions.json'])
  })
})
